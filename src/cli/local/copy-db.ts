import type { Config } from '../../config/config.js';
import { type CopyProgress, CopyRefused, copyDatabase, demandSameSchema, isOfAnother } from '../../platform/database/copy/copy-database.js';
import { type Database, migrate } from '../../platform/database/database.js';
import { CommandError, Refused, WrongCall } from '../command-error.js';
import { defineCommand, type Session } from '../command.js';
import { Progress } from '../output/progress.js';
import { configWith, faultOf, isSameTarget, openPresent, openReachable } from './open-database.js';

/** Copies a whole database into an empty one, such as from SQLite to Postgres. */
export const copyDb = defineCommand({
  usage: 'copy-db',
  summary: 'Copy all rows of a database into an empty one, of SQLite or of Postgres, and compare counts and hashes.',
  notes: 'Stop the gateway first: what it writes after the copy began is not in the copy. The target gets its tables here; a Postgres database itself must be there (createdb). A copy that fails leaves the target empty.',
  examples: [['copy-db --from sqlite:/var/lib/image-gateway/gateway.sqlite --to postgres://gateway@db.example.com/gateway', 'Move to Postgres; then set DATABASE_URL']],
  options: (parser) =>
    parser
      .option('from', { type: 'string', demandOption: true, describe: 'sqlite:PATH or postgres://…, which is only read' })
      .option('to', { type: 'string', demandOption: true, describe: 'sqlite:PATH or postgres://…, without rows' }),
  async run(session, { from, to }) {
    const { env } = session.process;
    const [source, target] = [configWith(env, '--from', from), configWith(env, '--to', to)];
    if (isSameTarget(source.database, target.database)) throw new WrongCall('--from and --to are the same database.');
    const tables = await withOpened(source, '--from', openPresent, async (opened) => withOpened(target, '--to', openReachable, async (empty) => copy(session, opened, empty)));
    session.output.list({ rows: tables, hasMore: false }, [
      { title: 'TABLE', of: ({ table }) => table },
      { title: 'ROWS', of: ({ rows }) => rows },
      { title: 'HASH', of: ({ hash }) => hash },
    ]);
  },
});

async function copy(session: Session, from: Database, to: Database) {
  await demandSameSchema(from, 'The database of --from');
  if (await isOfAnother(to.em.fork())) throw new CopyRefused('The database of --to has tables that are not of the gateway; accepted: one without tables, or with those of this version and no rows.');
  await migrate(to);
  await demandSameSchema(to, 'The database of --to');
  const progress = new Progress(session.process.terminal);
  try {
    return await copyDatabase(from, to, { onProgress: (state) => progress.show(rowProgress(state)) });
  } finally {
    progress.end();
  }
}

export function rowProgress({ table, rowsDone, rowsTotal }: CopyProgress) {
  return { phase: `Copying ${table}`, bytesDone: rowsDone, bytesTotal: rowsTotal, unit: 'rows' as const };
}

/** A fault names the option rather than the setting of the gateway. */
async function withOpened<Result>(config: Config, option: string, open: (config: Config) => Promise<Database>, work: (database: Database) => Promise<Result>): Promise<Result> {
  const named = (message: string): string => message.replace(/^DATABASE_URL=/, `${option} `).replace('; check DATABASE_URL and DATA_DIR.', '.');
  const database = await open(config).catch((error: unknown) => {
    throw error instanceof CommandError ? new CommandError(named(error.message), error.exitCode) : error;
  });
  try {
    return await work(database);
  } catch (error) {
    throw error instanceof CommandError ? error : new Refused(named(faultOf(error, config)));
  } finally {
    await database.close(true);
  }
}

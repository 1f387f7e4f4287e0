import { CompiledQuery } from 'kysely';
import { ENTITIES } from '../../src/entities.js';
import { type Database, migrate, openDatabase } from '../../src/platform/database/database.js';
import { createTestDatabase } from '../support/postgres.js';
import { type Statement, watchStatements } from '../support/statements.js';

/** How a database reads one page. */
export interface Plan {
  sql: string;
  steps: string[];
}

export type Kind = 'SQLite' | 'Postgres';
export const KINDS: readonly Kind[] = ['SQLite', 'Postgres'];

const LARGE = /\b(image|image_attachment|image_tag|repository_image|virtual_server|virtual_disk|task|user_account)\b/;

/** A database with rows and statistics that tells how it would read a page of a list. */
export class PlannedDatabase {
  #ran: Statement[] = [];

  private constructor(
    readonly kind: Kind,
    readonly database: Database,
    private readonly drop: () => Promise<void>,
  ) {
    watchStatements(database, (statement) => this.#ran.push(statement));
  }

  static async open(kind: Kind, fill: (database: Database) => Promise<void>): Promise<PlannedDatabase> {
    const test = kind === 'SQLite' ? null : await createTestDatabase();
    const open = async (): Promise<Database> => openDatabase(test === null ? { kind: 'sqlite', path: ':memory:' } : { kind: 'postgres', url: test.url }, ENTITIES);
    const database = await open();
    await migrate(database);
    await fill(database);
    const connection = database.em.fork().getConnection();
    // As autovacuum does, it also moves the trigrams of new rows into the index, where Postgres finds them quickly.
    await connection.execute(test === null ? 'analyze' : 'vacuum analyze', [], 'run');
    if (test === null) return new PlannedDatabase(kind, database, async () => undefined);
    // So few rows are read whole in no time; what counts is that there is another way.
    const [row] = await connection.execute<{ name: string }[]>('select current_database() as name');
    await connection.execute(`alter database "${row?.name}" set enable_seqscan = off`);
    await database.close(true);
    return new PlannedDatabase(kind, await open(), test.drop);
  }

  async close(): Promise<void> {
    await this.database.close(true);
    await this.drop();
  }

  /** How the page itself is read: of all statements, the one that is limited to 51 rows. Where Postgres plans it once for all values, that plan too. */
  async planOf(list: () => Promise<unknown>): Promise<Plan> {
    this.#ran = [];
    await list();
    const page = this.#ran.find(({ sql }) => sql.endsWith(' limit 51'));
    if (page === undefined) throw new Error('No statement read a page.');
    return this.planOfStatement(page);
  }

  /** How one statement is run. */
  async planOfStatement({ sql, parameters, steady }: Statement): Promise<Plan> {
    const prefix = this.kind === 'SQLite' ? 'explain query plan ' : 'explain (costs off) ';
    const rows = await this.#explain(CompiledQuery.raw(`${prefix}${sql}`, [...parameters]));
    const forAll = steady === true ? await this.#explain(CompiledQuery.raw(`explain (costs off, generic_plan) ${sql}`)) : [];
    return { sql, steps: [...rows, ...forAll].map((row) => String(row['detail'] ?? row['QUERY PLAN'])) };
  }

  async #explain(query: CompiledQuery): Promise<Record<string, unknown>[]> {
    const executor = this.database.em.getConnection().getClient().getExecutor();
    return ((await executor.executeQuery(query as never)) as { rows: Record<string, unknown>[] }).rows;
  }

  #readsAll(step: string): boolean {
    if (this.kind === 'Postgres') return step.includes('Seq Scan on') && LARGE.test(step);
    return step.startsWith('SCAN ') && !/^SCAN (CONSTANT|(x|json_each) VIRTUAL|found$|\()/.test(step);
  }

  /** Rows with the same time are put in order of their ids, which are few. */
  #sorts(step: string): boolean {
    return this.kind === 'SQLite' ? step.startsWith('USE TEMP B-TREE FOR') && !step.includes('LAST TERM') : /^(\s*->)?\s*Sort\b(?! Key)/.test(step);
  }

  /** The whole plan if a step reads a whole large table or puts it in order; walking along an index is neither. */
  slow({ steps }: Plan): string[] {
    return steps.some((step) => this.#sorts(step) || (this.#readsAll(step) && !/^SCAN [a-z] USING (COVERING )?INDEX/.test(step) && !isWalk(step, steps))) ? steps : [];
  }

  /** The whole plan if a step reads a whole large table. */
  scans({ steps }: Plan): string[] {
    return steps.some((step) => this.#readsAll(step) && !isWalk(step, steps)) ? steps : [];
  }
}

/** Of a subquery with a limit of its own: the index that it reads along, and its rows. */
function isWalk(step: string, steps: readonly string[]): boolean {
  return step.startsWith('SCAN n USING COVERING INDEX') || ['CO-ROUTINE', 'MATERIALIZE'].some((made) => steps.includes(step.replace('SCAN', made)));
}

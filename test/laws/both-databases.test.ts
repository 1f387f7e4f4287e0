import { matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONGEST } from '../support/longest.js';
import { ONCE } from '../support/once.js';
import { filesUnder, importsOf } from './sources.js';

const files = new Map(filesUnder(['test', 'src'], ['.ts']).map((file) => [file.path, file]));
const tests = [...files.keys()].filter((path) => path.startsWith('test/') && path.endsWith('.test.ts'));
const runsOnce = (path: string): boolean => ONCE.some((pattern) => matchesGlob(path, pattern));

/** What brings a database into a test: the real process, or a database opened in this one. */
const DATABASES = ['test/support/gateway.ts', 'test/support/database.ts', 'test/support/postgres.ts'];
/** Touch a database, yet run once: what they test lies before it, or is one of the two, or they go through both themselves. */
const EXCEPTIONS = [
  'test/access/oidc.test.ts',
  'test/acceptance/tour.test.ts',
  'test/acceptance/rolling-update.test.ts',
  'test/acceptance/hostile-repository.test.ts',
  'test/acceptance/postgres-start-faults.test.ts',
  'test/acceptance/readme.test.ts',
  'test/acceptance/start-faults.test.ts',
  'test/cli/administration.test.ts',
  'test/cli/copy-db.test.ts',
  'test/cli/images.test.ts',
  'test/cli/local.test.ts',
  'test/cli/lost-keys.test.ts',
  'test/cli/session.test.ts',
  'test/examples/programs.test.ts',
  'test/examples/frontends.test.ts',
  'test/graphql/graphiql-provider.test.ts',
  'test/examples/sdk-package.test.ts',
  'test/examples/trusted-documents.test.ts',
  'test/federation/compose.test.ts',
  'test/federation/collisions.test.ts',
  'test/federation/routers.test.ts',
  'test/federation/tracing-headers.test.ts',
  'test/support/postgres.test.ts',
  'test/graphql/api-and-worker.test.ts',
  'test/races/two-processes.test.ts',
  'test/graphql/drain.test.ts',
  'test/graphql/entrance.test.ts',
  'test/security/file-modes.test.ts',
  'test/security/headers.test.ts',
  'test/security/log-lines.test.ts',
  'test/security/request-ids.test.ts',
  'test/security/trust.test.ts',
  'test/images/full-store.test.ts',
  'test/images/search.test.ts',
  'test/laws/permissions.test.ts',
  'test/platform/copy-database.test.ts',
  'test/platform/wal-checkpointer.test.ts',
  'test/platform/pgbouncer.test.ts',
  'test/platform/postgres-connections.test.ts',
  'test/platform/postgres-reader.test.ts',
  'test/platform/search-upkeep.test.ts',
  'test/platform/silent-postgres.test.ts',
  'test/platform/statement-timeout.test.ts',
  'test/tasks/change-relay.test.ts',
  'test/s3/gateway.test.ts',
  'test/s3/interrupted-upload.test.ts',
  'test/s3/refusals.test.ts',
  'test/store/s3-gateway.test.ts',
  'test/scale/plans.test.ts',
  'test/scale/people-and-work.test.ts',
  'test/security/memory.test.ts',
];

function reaches(path: string, wanted: readonly string[], seen = new Set<string>()): boolean {
  if (wanted.includes(path)) return true;
  if (seen.has(path) || !path.startsWith('test/')) return false;
  seen.add(path);
  const file = files.get(path);
  return file !== undefined && importsOf(file).some((one) => reaches(one, wanted, seen));
}

describe('the suite', () => {
  it('runs on SQLite and on Postgres wherever a database is touched', () => {
    const once = tests.filter(runsOnce).filter((path) => !EXCEPTIONS.includes(path));
    expect(once.filter((path) => reaches(path, DATABASES))).toEqual([]);
  });

  it('opens databases and starts processes in one place only, which follows the project', () => {
    const own = tests.filter((path) => !EXCEPTIONS.includes(path)).filter((path) => {
      const text = files.get(path)?.text ?? '';
      return /\bcreateTestDatabase\b/.test(text) || /\bkind: 'postgres', url\b.*\bopenDatabase\b/.test(text) || /spawn\([^)]*dist\/main/.test(text);
    });
    expect(own).toEqual([]);
  });

  it('lists among those that run once only tests that are there', () => {
    expect(ONCE.filter((pattern) => !tests.some((path) => matchesGlob(path, pattern)))).toEqual([]);
  });

  it('begins with tests that are there', () => {
    expect(LONGEST.filter((path) => !tests.includes(path))).toEqual([]);
  });
});

import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { LONGEST } from './test/support/longest.js';
import { ONCE } from './test/support/once.js';

// Most of a test is waiting for a process of its own, so six files at once on two cores starve nobody.
const maxWorkers = 6;
// Whoever waits for a condition goes on as soon as it holds: patience costs time only where a test fails.
const patience = { testTimeout: 120_000, hookTimeout: 120_000, teardownTimeout: 30_000, expect: { poll: { timeout: 20_000, interval: 20 } } };

/** Tests that need a real object storage. */
const OBJECT_STORAGE = 'test/s3/**/*.test.ts';

const LARGEST_SEED = 2 ** 31 - 2;

/** TEST_SEED as the environment has it, or a seed for this run. */
function seedOfRun(): string {
  const given = process.env.TEST_SEED;
  if (given === undefined || given === '') return String(randomInt(LARGEST_SEED));
  if (!/^\d+$/.test(given) || Number(given) > LARGEST_SEED) throw new Error(`TEST_SEED is ${given.slice(0, 200)}; give a whole number from 0 to ${LARGEST_SEED}.`);
  return given;
}

const TEST_SEED = seedOfRun();

const longest = LONGEST.map((path) => fileURLToPath(new URL(path, import.meta.url)));

function rank({ moduleId }: TestSpecification): number {
  const at = longest.indexOf(moduleId);
  return at === -1 ? longest.length : at;
}

/**
 * One database after the other, as a process of the pool goes on to the next file only when that belongs to the same project; in each,
 * the longest files first.
 */
class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
    return [...Map.groupBy(sorted, ({ project }) => project.name).values()].flat();
  }
}

/**
 * The suite on one database. What a test file needs of the project, it finds in TEST_DATABASE; the gateways that it starts get the
 * settings. With two databases, every test of GraphQL runs once with compiled operations, and once without.
 */
function suiteOn(database: 'sqlite' | 'postgres', exclude: string[], settings: Record<string, string>) {
  return {
    extends: true as const,
    test: {
      name: database,
      include: ['test/**/*.test.ts'],
      exclude: ['**/node_modules/**', OBJECT_STORAGE, ...exclude],
      env: { TEST_SEED, TEST_DATABASE: database, TEST_SETTINGS: JSON.stringify(settings) },
      pool: 'forks' as const,
      // Loading the modules anew for each file would take a fifth of all processor time.
      isolate: false,
      setupFiles: ['reflect-metadata'],
      ...patience,
    },
  };
}

/** The suite on an object storage, which `npm run test:s3` names or starts; with SQLite. */
function suiteOnObjectStorage() {
  const { extends: inherits, test } = suiteOn('sqlite', [], {});
  return { extends: inherits, test: { ...test, name: 's3', include: [OBJECT_STORAGE], exclude: ['**/node_modules/**'] } };
}

const isOnObjectStorage = process.env.TEST_S3 === 'on';

export default defineConfig({
  resolve: {
    // Two copies of graphql, one loaded as ESM and one as CommonJS, refuse each other's schemas.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) }],
  },
  test: {
    maxWorkers,
    sequence: { sequencer: ByProject },
    globalSetup: ['test/support/migrated-sqlite.ts', isOnObjectStorage ? 'test/support/s3-server.ts' : 'test/support/postgres-server.ts'],
    projects: isOnObjectStorage ? [suiteOnObjectStorage()] : [suiteOn('sqlite', [], {}), suiteOn('postgres', [...ONCE], { COMPILED_OPERATIONS: 'off' })],
  },
});

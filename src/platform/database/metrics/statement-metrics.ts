import type { Metric, Registry } from 'prom-client';
import type { Database } from '../database.js';
import { heavyReadsOf } from '../read/heavy-reads.js';
import { postgresReaderOf } from '../read/postgres-reader.js';
import type { PreparedStatements } from '../read/prepared-statements.js';
import { readerOf } from '../read/reader-connection.js';
import { writerOf } from '../writer-connection.js';

const NAME = 'gateway_database_statement_duration_seconds';
const HELP = 'Time of statements, by kind: read (short reads), search (searches, counts and filtered lists, with the time in their queue), transaction (all others).';
/** Upper bounds of the buckets, in milliseconds. */
const BOUNDS_MS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** Times of one kind of statement. prom-client's histogram looks up labels for each value, which takes as long as a short read on SQLite. */
class Times {
  /** One more than there are bounds: the last counts what is longer. */
  readonly #counts = new Float64Array(BOUNDS_MS.length + 1);
  #sumMs = 0;

  constructor(private readonly kind: string) {}

  since(beganMs: number): void {
    const ms = performance.now() - beganMs;
    let bucket = 0;
    while (bucket < BOUNDS_MS.length && ms > (BOUNDS_MS.at(bucket) ?? Infinity)) bucket += 1;
    this.#counts[bucket] = (this.#counts.at(bucket) ?? 0) + 1;
    this.#sumMs += ms;
  }

  values() {
    const labels = { kind: this.kind };
    let count = 0;
    const buckets = [...this.#counts].map((inBucket, at) => {
      count += inBucket;
      const bound = BOUNDS_MS.at(at);
      return { metricName: `${NAME}_bucket`, labels: { ...labels, le: bound === undefined ? '+Inf' : bound / 1000 }, value: count };
    });
    return [...buckets, { metricName: `${NAME}_sum`, labels, value: this.#sumMs / 1000 }, { metricName: `${NAME}_count`, labels, value: count }];
  }
}

function timed<T>(times: Times, work: () => T): T {
  const began = performance.now();
  try {
    return work();
  } finally {
    times.since(began);
  }
}

async function timedAsync<T>(times: Times, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work();
  } finally {
    times.since(began);
  }
}

function timePrepared(statements: PreparedStatements, times: Times): void {
  const [all, objects] = [statements.all.bind(statements), statements.objects.bind(statements)];
  statements.all = <R>(text: Parameters<typeof all>[0]): R[] => timed(times, () => all<R>(text));
  statements.objects = <R>(text: Parameters<typeof objects>[0]): R[] => timed(times, () => objects<R>(text));
}

/** Times every statement of this database from now on, on SQLite and Postgres. */
export function measureStatements(registry: Registry, { driver, em }: Database): void {
  const [reads, searches, transactions] = [new Times('read'), new Times('search'), new Times('transaction')];
  const [reader, writer, postgres, heavy] = [readerOf(driver), writerOf(driver), postgresReaderOf(driver), heavyReadsOf(driver)];
  if (reader !== undefined) timePrepared(reader, reads);
  if (postgres !== undefined) {
    const [all, objects] = [postgres.all.bind(postgres), postgres.objects.bind(postgres)];
    postgres.all = async <R>(...args: Parameters<typeof all>): Promise<R[]> => timedAsync(reads, async () => all<R>(...args));
    postgres.objects = async <R>(...args: Parameters<typeof objects>): Promise<R[]> => timedAsync(reads, async () => objects<R>(...args));
  }
  if (heavy !== undefined) {
    const read = heavy.read.bind(heavy);
    heavy.read = async <R>(...args: Parameters<typeof read>): Promise<R[]> => timedAsync(searches, async () => read<R>(...args));
  }
  if (writer !== undefined) {
    timePrepared(writer, transactions);
    const run = writer.run.bind(writer);
    writer.run = (text) => timed(transactions, () => run(text));
  }
  const connection = em.getConnection('write');
  const execute = connection.execute.bind(connection);
  connection.execute = async (...args) => timedAsync(transactions, async () => execute(...args));
  const metric = { name: NAME, get: async () => ({ name: NAME, help: HELP, type: 'histogram', aggregator: 'sum', values: [reads, searches, transactions].flatMap((times) => times.values()) }) };
  registry.registerMetric(metric as unknown as Metric); // the two members that a registry uses
}

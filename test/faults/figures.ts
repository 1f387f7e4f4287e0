import { setTimeout as sleep } from 'node:timers/promises';
import { taskEnd, type ChangeServices } from './change.js';
import { taskRowId } from './ledger.js';
import { HEALTHY } from './source.js';
import { readTaskLog, type TaskStep } from './task-log.js';
import type { FaultWorld } from './world.js';

/** A figure, and what it must not exceed; in ms. */
export interface Figure {
  name: string;
  ms: number;
  mostMs: number;
  samples: number;
}

const IMAGES = 12;
const SHORT_TASKS = 1000;
const FEW_SHORT_TASKS = 200;
/** Beside other tests, a gateway gets a sixth of the machine. Whoever misses a task or a cancel still needs longer than that. */
const QUICK_FACTOR = 6;
const SMALL_FILE = 4096;
const LARGE_FILE = 200_000;
const SLOW = { ...HEALTHY, name: 'slow', repository: { file: { slow: 20_000 } } };
const IMPORT = 'mutation ($input: ImportImageInput!) { importImage(input: $input) { task { id } image { uuid } } }';

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function most(numbers: readonly number[]): number {
  return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
}

/** How long each task waited that was run by a process when it was struck; a task that ended by a cancel was not taken over. */
export function takeOvers(steps: readonly TaskStep[], struck: readonly { name: string; atMs: number }[]): number[] {
  const byTask = [...Map.groupBy(steps, ({ task }) => task).values()];
  return struck.flatMap(({ name, atMs }) => byTask.flatMap((own) => {
    const last = own.findLast(({ at }) => at < atMs);
    const next = own.find(({ at }) => at >= atMs);
    const isLost = last?.process === name && last.status === 'RUNNING' && next !== undefined && next.attempts > last.attempts;
    return isLost ? [next.at - atMs] : [];
  }));
}

/** Measures how quick tasks are begun, cancelled, taken over and worked off, in a world where nothing else happens. */
export class Figures {
  readonly #factor: number;
  #names = 0;

  constructor(
    private readonly world: FaultWorld,
    private readonly services: ChangeServices,
    /** Fewer samples, on a machine that does other work as well. */
    private readonly isQuick: boolean,
  ) {
    this.#factor = isQuick ? QUICK_FACTOR : 1;
  }

  async measure(): Promise<Figure[]> {
    const figures = [...(await this.#pickUp()), await this.#cancel()];
    // One process shares its tasks with nobody.
    if (this.world.isSqlite) return figures;
    return [...figures, ...(await this.#takeOvers()), await this.#manyTasks()];
  }

  async #import(count: number, size: number): Promise<{ task: string; uuid: string; name: string }[]> {
    const { client, source } = this.services;
    return Promise.all(Array.from({ length: count }, async () => {
      this.#names += 1;
      const name = `figure-${this.#names}`;
      const image = source.offer(name, size);
      const { importImage } = await client.read(IMPORT, { input: { name, manifestUrl: source.repository.manifestUrl(image), dcBound: false, access: 'PUBLIC' } });
      return { task: importImage.task.id as string, uuid: importImage.image.uuid as string, name };
    }));
  }

  async #stepsOf(tasks: readonly { task: string }[]): Promise<TaskStep[]> {
    return readTaskLog(this.world.rows, `task in (${tasks.map(({ task }) => `'${taskRowId(task)}'`).join(', ')})`);
  }

  async #until(tasks: readonly { task: string }[], isReached: (steps: readonly TaskStep[]) => boolean): Promise<void> {
    for (;;) {
      const steps = await this.#stepsOf(tasks);
      if (tasks.every(({ task }) => isReached(steps.filter((step) => step.task === taskRowId(task))))) return;
      await sleep(50);
    }
  }

  /** From the row of a task to its claim. */
  async #pickUp(): Promise<Figure[]> {
    const waits: number[] = [];
    for (let count = 0; count < IMAGES; count += 1) {
      const [made] = await this.#import(1, SMALL_FILE);
      if (made === undefined) continue;
      await taskEnd(this.services, made.task);
      const steps = await this.#stepsOf([made]);
      waits.push((steps.find(({ attempts }) => attempts === 1)?.at ?? Infinity) - (steps[0]?.at ?? 0));
    }
    return [{ name: 'pick-up after commit, median', ms: median(waits), mostMs: 100 * this.#factor, samples: waits.length }];
  }

  /** From asking for a cancel to the end of the task. */
  async #cancel(): Promise<Figure> {
    this.services.source.misbehave(SLOW);
    const made = await this.#import(6, LARGE_FILE);
    await this.#until(made, (steps) => steps.at(-1)?.phase === 'DOWNLOADING');
    const waits = await Promise.all(made.map(async ({ task }) => {
      const askedAt = Date.now();
      await this.services.client.read('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id: task });
      await taskEnd(this.services, task);
      return ((await this.#stepsOf([{ task }])).at(-1)?.at ?? Infinity) - askedAt;
    }));
    this.services.source.misbehave(HEALTHY);
    return { name: 'cancel of a running task, longest', ms: most(waits), mostMs: 2000 * this.#factor, samples: waits.length };
  }

  /** Kills a worker while it downloads, so that there are tasks to take over. */
  async #loseWorker(): Promise<void> {
    this.services.source.misbehave(SLOW);
    const made = await this.#import(8, LARGE_FILE);
    await this.#until(made, (steps) => steps.at(-1)?.phase === 'DOWNLOADING');
    const runners = (await this.#stepsOf(made)).map(({ process }) => process);
    const killed = this.world.members.find(({ name, isWorker }) => isWorker && runners.includes(name));
    if (killed === undefined) throw new Error('No worker runs the tasks.');
    this.services.history.strike('kills', killed.name);
    await killed.kill();
    this.services.source.misbehave(HEALTHY);
    await Promise.all(made.map(async ({ task }) => taskEnd({ ...this.services, patienceMs: 60_000 }, task)));
    await killed.start();
  }

  /** From each kill and freeze of the whole run to the next attempt at what that process ran. */
  async #takeOvers(): Promise<Figure[]> {
    const read = async (): Promise<number[]> => takeOvers(await readTaskLog(this.world.rows), this.services.history.struck);
    let waits = await read();
    // Those that were struck may all have been idle.
    if (!this.isQuick || waits.length === 0) {
      await this.#loseWorker();
      waits = await read();
    }
    return [
      { name: 'take-over after a kill or a freeze, longest', ms: most(waits), mostMs: 30_000, samples: waits.length },
      { name: 'take-over after a kill or a freeze, median', ms: median(waits), mostMs: 12_000, samples: waits.length },
    ];
  }

  /** From the commit of many verifications to the end of the last, on three workers. */
  async #manyTasks(): Promise<Figure> {
    const { rows, spare } = this.world;
    const count = this.isQuick ? FEW_SHORT_TASKS : SHORT_TASKS;
    const mostMs = 10_000 * (count / SHORT_TASKS) * this.#factor;
    await spare?.start();
    await rows.execute(`insert into task (id, action, status, phase, attempts, cancel_requested, user_id, image_id, image_name, detail, instructions, created_at)
      select gen_random_uuid(), 'IMAGE_VERIFY', 'PENDING', 'QUEUED', 0, false, (select id from user_account where username = 'admin'), i.id, i.name, '{}',
        json_build_object('uuid', i.uuid, 'size', i.file_size, 'sha1', i.file_sha1, 'sha256', i.file_sha256), cast(extract(epoch from clock_timestamp()) * 1000 as bigint) - 3000
      from generate_series(1, ${count}) n join lateral (select * from image where name like 'figure-%' order by id offset n.n % (select count(*) from image where name like 'figure-%') limit 1) i on true`);
    const begun = Date.now();
    while ((await rows.read('select 1 as one from task where finished_at is null limit 1')).length > 0) await sleep(100);
    const failed = await rows.read(`select id from task where action = 'IMAGE_VERIFY' and status = 'FAILED' and image_name like 'figure-%'`);
    if (failed.length > 0) this.services.history.broken(`${failed.length} of ${count} short tasks failed.`);
    return { name: `${count} short tasks`, ms: Date.now() - begun, mostMs, samples: count };
  }
}

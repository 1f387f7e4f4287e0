import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../support/random.js';
import { CatalogueActor } from './catalogue-actor.js';
import type { ChangeServices } from './change.js';
import { ClusterClient } from './client.js';
import { type Actors, FinalChecks } from './final-checks.js';
import { type Figure, Figures } from './figures.js';
import { FaultHistory } from './history.js';
import { ImageActor } from './image-actor.js';
import { type FaultTimes, Injector } from './injector.js';
import { InvariantWatch, TIGHT_LIMIT } from './invariants.js';
import { Ledger } from './ledger.js';
import { startPostgresWorld } from './postgres-world.js';
import { startSqliteWorld } from './sqlite-world.js';
import { HEALTHY } from './source.js';
import { readTaskLog, type TaskStep } from './task-log.js';
import type { FaultWorld } from './world.js';

export interface FaultRunOptions {
  seed: number;
  database: 'sqlite' | 'postgres';
  /** How long faults are injected; null: each kind once, and quickly. */
  minutes: number | null;
}

/** What a run did, saw and measured. */
export interface FaultRunResult {
  options: FaultRunOptions;
  history: FaultHistory;
  ledger: Ledger;
  figures: readonly Figure[];
  steps: readonly TaskStep[];
  codes: ReadonlyMap<string, number>;
  watch: Pick<InvariantWatch, 'looks' | 'longestPendingMs'>;
  missing: readonly string[];
  /** Lines that gateways logged as errors. */
  errors: readonly string[];
}

const ACTORS = 6;
const LISTED_EACH = 2;
const BYTES_EVERY_MS = 400;

/** Longer than a claim holds: the frozen worker loses its tasks. */
const QUICK: FaultTimes = { frozenMs: 12_500, killedMs: 500, fullMs: 1500, skewedMs: 1500, pauseMs: 400, sourceMs: 2500 };
const LONG: FaultTimes = { frozenMs: 60_000, killedMs: 5000, fullMs: 8000, skewedMs: 20_000, pauseMs: 4000, sourceMs: 12_000 };
/** Where one process is alone, others cannot take over meanwhile. */
const FROZEN_ALONE_MS = 3000;

/** Starts a world, changes it under faults, and checks it all the time and at its end. */
export async function runFaults(options: FaultRunOptions): Promise<FaultRunResult> {
  const history = new FaultHistory();
  const world = await (options.database === 'postgres' ? startPostgresWorld(history) : startSqliteWorld(history));
  try {
    return await new FaultRun(options, world, history).run();
  } finally {
    await world.close();
  }
}

class FaultRun {
  readonly #client: ClusterClient;
  readonly #services: ChangeServices;
  readonly #ledger = new Ledger();
  readonly #watch: InvariantWatch;
  #seeds: number;

  constructor(
    private readonly options: FaultRunOptions,
    private readonly world: FaultWorld,
    private readonly history: FaultHistory,
  ) {
    this.#seeds = options.seed;
    this.#client = new ClusterClient(world.members, world.key, this.#random());
    this.#services = { client: this.#client, ledger: this.#ledger, history, source: world.source, robbed: new Set(), patienceMs: options.minutes === null ? 4000 : 15_000 };
    this.#watch = new InvariantWatch(world.rows, history, () => world.members.some(({ isWorker, isUp }) => isWorker && isUp));
  }

  async run(): Promise<FaultRunResult> {
    const actors = await this.#prepare();
    const checks = new FinalChecks(this.world, this.#services, actors);
    await this.#underFaults(actors, checks);
    await checks.run();
    const figures = this.history.broke.length === 0 ? await new Figures(this.world, this.#services, this.options.minutes === null).measure() : [];
    await this.#watch.look();
    return {
      options: this.options, history: this.history, ledger: this.#ledger, figures, steps: await readTaskLog(this.world.rows), codes: this.#client.codes, watch: this.#watch,
      missing: this.world.missing, errors: this.world.members.flatMap((member) => member.errors()),
    };
  }

  /** A generator of numbers for each who needs one, so that what one does changes nothing for the others. */
  #random(): () => number {
    this.#seeds += 1;
    return randomNumbers(this.#seeds);
  }

  async #prepare(): Promise<Actors> {
    const { repository } = this.world.source;
    const listed = Array.from({ length: ACTORS * LISTED_EACH }, (_, at) => this.world.source.offer(`listed-${at}`, 50_000 + at * 1000));
    await this.#client.read('mutation ($input: UpdateGlobalSettingsInput!) { updateGlobalSettings(input: $input) { vmsImageVmNic } }', { input: { vmsImageRepositories: [{ name: 'remote', url: repository.url }] } });
    await this.#client.read('mutation { refreshImageRepository(name: "remote") { added } }');
    for (const name of ['dc-b', 'dc-c', 'tight']) await this.#client.read('mutation ($name: String!) { createDatacenter(input: { name: $name }) { name } }', { name });
    await this.#client.read('mutation ($limit: Int!) { updateDatacenterSettings(input: { datacenter: "tight", vmsImageLimit: $limit }) { name } }', { limit: TIGHT_LIMIT });
    const [settings, created] = [this.#ledger.tally('SETTINGS_UPDATE'), this.#ledger.tally('DATACENTER_CREATE')];
    [settings.made, created.made] = [2, 3];
    const images = Array.from({ length: ACTORS }, (_, at) => new ImageActor(`a${at}`, this.#services, this.#random(), listed.slice(at * LISTED_EACH, (at + 1) * LISTED_EACH).map(({ manifest }) => ({
      uuid: manifest.uuid, name: String(manifest.name), sha1: (manifest.files as [{ sha1: string }])[0].sha1,
    }))));
    await Promise.all(images.map(async (actor) => actor.prepare()));
    return { images, catalogue: new CatalogueActor(this.#services, this.#random()) };
  }

  async #underFaults(actors: Actors, checks: FinalChecks): Promise<void> {
    const { minutes } = this.options;
    const [stopActing, stopWatching] = [new AbortController(), new AbortController()];
    const acting = [...actors.images, actors.catalogue].map(async (actor) => actor.run(stopActing.signal));
    const watching = [this.#watch.run(stopWatching.signal), this.#readBytes(actors, checks, stopWatching.signal)];
    const times = minutes === null ? QUICK : LONG;
    const injector = new Injector(this.world, this.history, this.#random(), { times: this.world.isSqlite ? { ...times, frozenMs: FROZEN_ALONE_MS } : times, robbed: this.#services.robbed });
    await injector.run(minutes === null ? new AbortController().signal : AbortSignal.timeout(minutes * 60_000), minutes === null ? 1 : Infinity);
    stopActing.abort();
    this.history.fault('nothing is asked and no fault is injected any more');
    this.world.source.misbehave(HEALTHY);
    const results = await Promise.allSettled(acting);
    stopWatching.abort();
    for (const result of [...results, ...(await Promise.allSettled(watching))]) if (result.status === 'rejected') this.history.broken(`The run itself failed: ${String((result.reason as Error).stack)}`);
  }

  /** Downloads files of images while all else goes on. */
  async #readBytes({ images }: Actors, checks: FinalChecks, signal: AbortSignal): Promise<void> {
    const random = this.#random();
    while (!signal.aborted) {
      await sleep(BYTES_EVERY_MS);
      const owned = images.flatMap((actor) => actor.images);
      const chosen = owned[Math.floor(random() * owned.length)];
      if (chosen !== undefined) await checks.checkFileNow(chosen);
    }
  }
}

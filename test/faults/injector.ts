import { readdir, rm, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultHistory } from './history.js';
import type { Member } from './member.js';
import { HEALTHY, SOURCE_FAULTS } from './source.js';
import type { FaultWorld } from './world.js';

/** How long each fault lasts. */
export interface FaultTimes {
  frozenMs: number;
  killedMs: number;
  fullMs: number;
  skewedMs: number;
  /** Between two faults. */
  pauseMs: number;
  /** How long a source is healthy; it then misbehaves half as long. */
  sourceMs: number;
}

/** One kind of fault, with what it does; null: this world cannot have it. */
type Fault = (() => Promise<void>) | null;

/** Clocks go wrong by up to so much, in either direction. */
const MOST_SKEW_MS = 3_600_000;

/** Injects one fault after the other, and at the same time the faults of the source. What, where and in which order follows from the random numbers. */
export class Injector {
  constructor(
    private readonly world: FaultWorld,
    private readonly history: FaultHistory,
    private readonly random: () => number,
    private readonly options: { times: FaultTimes; robbed: Set<string> },
  ) {}

  /** Injects every kind once, in random order, again and again until it is told to stop: it always ends whole. */
  async run(signal: AbortSignal, rounds: number): Promise<void> {
    const sourceEnd = new AbortController();
    const source = this.#misbehave(AbortSignal.any([signal, sourceEnd.signal]));
    for (let round = 0; round < rounds && !signal.aborted; round += 1) {
      for (const fault of this.#shuffled(this.#faults())) {
        if (signal.aborted) break;
        await fault();
        await sleep(this.#about(this.options.times.pauseMs));
      }
    }
    sourceEnd.abort();
    await source;
    await this.heal();
  }

  /** Ends every fault. */
  async heal(): Promise<void> {
    const { world } = this;
    world.source.misbehave(HEALTHY);
    await this.#empty();
    for (const member of world.members) {
      await world.skewClock(member, 0);
      member.thaw();
      if (member.url === null) await member.start();
    }
  }

  #faults(): (() => Promise<void>)[] {
    const { world } = this;
    const all: Fault[] = [
      () => this.#kill(this.#worker()),
      () => this.#kill(this.#any()),
      () => this.#freeze(this.#worker()),
      () => this.#roll(this.#any()),
      () => this.#skew(),
      () => this.#rob(),
      world.disk === null ? null : () => this.#fill(),
      ...world.outages.map((outage) => async () => {
        const isCrash = this.random() < 0.5;
        this.history.inject(`restarts ${outage.name}`, isCrash ? 'by a crash' : 'as an operator does');
        await outage.restart(isCrash);
        this.history.fault(`${outage.name} is back`);
      }),
    ];
    return all.filter((fault) => fault !== null);
  }

  #pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.random() * list.length)];
    if (chosen === undefined) throw new Error('There is nothing to choose from.');
    return chosen;
  }

  #any(): Member {
    return this.#pick(this.world.members);
  }

  #worker(): Member {
    return this.#pick(this.world.members.filter(({ isWorker }) => isWorker));
  }

  #about(ms: number): number {
    return ms * (0.5 + this.random());
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list.map((one) => ({ one, at: this.random() })).sort((a, b) => a.at - b.at).map(({ one }) => one);
  }

  async #kill(member: Member): Promise<void> {
    this.history.strike('kills', member.name);
    await member.kill();
    await sleep(this.#about(this.options.times.killedMs));
    await member.start();
    this.history.fault(`${member.name} runs again`);
  }

  async #freeze(member: Member): Promise<void> {
    this.history.strike('freezes', member.name, `${member.name} for ${this.options.times.frozenMs} ms`);
    member.freeze();
    await sleep(this.options.times.frozenMs);
    member.thaw();
    this.history.fault(`${member.name} is awake`);
  }

  async #roll(member: Member): Promise<void> {
    this.history.inject('rolls', member.name);
    await member.roll();
    this.history.fault(`${member.name} is replaced`);
  }

  async #skew(): Promise<void> {
    const [member, ms] = [this.#any(), Math.round((this.random() * 2 - 1) * MOST_SKEW_MS)];
    this.history.inject('skews clocks', `${member.name} by ${ms} ms`);
    await this.world.skewClock(member, ms);
    await sleep(this.options.times.skewedMs);
    await this.world.skewClock(member, 0);
    this.history.fault(`the clock of ${member.name} is right again`);
  }

  async #fill(): Promise<void> {
    const { disk } = this.world;
    if (disk === null) return;
    this.history.inject('fills disks', this.world.isSqlite ? 'of the database and the image store' : 'of the image store');
    disk.fill();
    await sleep(this.options.times.fullMs);
    await this.#empty();
    const { bavail, bsize } = await statfs(disk.path);
    this.history.fault(`the disk has ${bavail * bsize} bytes free again`);
  }

  async #empty(): Promise<void> {
    if (this.world.disk !== null) await rm(join(this.world.disk.path, 'ballast'), { force: true });
  }

  /** Removes the file of an image that is OK. Whoever reads or verifies it then learns so. */
  async #rob(): Promise<void> {
    const { rows, storePath } = this.world;
    const images = await rows.read<{ uuid: string }>(`select uuid from image where status = 'OK' and file_sha1 is not null order by uuid`);
    if (images.length === 0) return;
    const { uuid } = this.#pick(images);
    this.history.inject('removes files', uuid);
    this.options.robbed.add(uuid);
    const folder = join(storePath, uuid);
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    for (const name of names) if (basename(name) === 'file') await rm(join(folder, name), { force: true });
    // It may have been imported anew in the meantime.
    this.options.robbed.add(uuid);
  }

  async #misbehave(signal: AbortSignal): Promise<void> {
    const { source } = this.world;
    while (!signal.aborted) {
      await rest(this.#about(this.options.times.sourceMs), signal);
      if (signal.aborted) break;
      const fault = this.#pick(SOURCE_FAULTS);
      this.history.inject('source', fault.name);
      source.misbehave(fault);
      await rest(this.#about(this.options.times.sourceMs) / 2, signal);
      source.misbehave(HEALTHY);
      this.history.fault('source: healthy');
    }
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayProcess } from '../support/gateway.js';
import type { FaultHistory } from './history.js';

/** How a member is started. */
export interface MemberPlan {
  name: string;
  /** The setting RUN. */
  run: string;
  /** Its folders lie here. */
  folder: string;
  settings: (name: string) => Record<string, string>;
  /** True: one folder for every start, and so one process at a time, as SQLite demands. */
  isAlone: boolean;
}

const STARTS = 60;
const PAUSE_MS = 500;
/** Lines of the log that say that something failed which should not. */
const ERROR_LINE = /^.*"level":[56]0.*$/gm;

/** One gateway of the cluster: a process that is killed, frozen and replaced. */
export class Member {
  #process: GatewayProcess | null = null;
  #generation = 0;
  #isFrozen = false;
  /** Processes whose end is no surprise. */
  readonly #ending = new WeakSet<GatewayProcess>();
  readonly #logs: (() => string)[] = [];

  constructor(
    private readonly plan: MemberPlan,
    private readonly history: FaultHistory,
  ) {}

  get name(): string {
    return this.plan.name;
  }

  get isApi(): boolean {
    return this.plan.run.includes('api');
  }

  get isWorker(): boolean {
    return this.plan.run.includes('worker');
  }

  /** Where it answers; null while it does not run. A frozen one takes connections, and answers later. */
  get url(): string | null {
    return this.#process?.url ?? null;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isUp(): boolean {
    return this.#process !== null && !this.#isFrozen;
  }

  /** Starts it, for as long as its database is away again and again. Returns the first key of an empty database. */
  async start(): Promise<string | null> {
    const started = await this.#startAnew();
    this.#process = started;
    return started.firstKey;
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const killed = this.#take();
    await killed?.kill();
  }

  /** Replaces it as a rolling update does: the new process is there before the old one stops, unless it is alone. */
  async roll(): Promise<void> {
    if (this.plan.isAlone) await this.#stop(this.#take());
    const old = this.#process;
    this.#process = await this.#startAnew();
    if (!this.plan.isAlone) await this.#stop(old);
  }

  freeze(): void {
    this.#isFrozen = this.#process?.child.kill('SIGSTOP') ?? false;
  }

  thaw(): void {
    this.#process?.child.kill('SIGCONT');
    this.#isFrozen = false;
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.#stop(this.#take());
  }

  /** What its processes logged as errors. */
  errors(): string[] {
    return this.#logs.flatMap((log) => log().match(ERROR_LINE) ?? []);
  }

  #take(): GatewayProcess | null {
    const taken = this.#process;
    this.#process = null;
    if (taken !== null) this.#ending.add(taken);
    return taken;
  }

  async #stop(process: GatewayProcess | null): Promise<void> {
    if (process === null) return;
    this.#ending.add(process);
    const code = await process.stop();
    if (code !== 0) this.history.broken(`${this.name} ended with ${code ?? process.child.signalCode} when it was asked to stop:\n${process.output().slice(-2000)}`);
  }

  async #startAnew(): Promise<GatewayProcess> {
    this.#generation += 1;
    const folder = join(this.plan.folder, this.plan.isAlone ? this.name : `${this.name}-${this.#generation}`);
    await mkdir(folder, { recursive: true });
    for (let attempt = 1; ; attempt += 1) {
      try {
        const started = await GatewayProcess.start(folder, { RUN: this.plan.run, ...this.plan.settings(this.name) });
        this.#watch(started);
        return started;
      } catch (error) {
        if (attempt === STARTS) throw error;
        this.history.fault(`${this.name} does not start yet: ${String(error).slice(0, 400)}`);
        await sleep(PAUSE_MS);
      }
    }
  }

  #watch(started: GatewayProcess): void {
    this.#logs.push(started.output);
    started.child.once('exit', (code, signal) => {
      if (this.#ending.has(started)) return;
      this.history.broken(`${this.name} ended by itself with ${code ?? signal}:\n${started.output().slice(-4000)}`);
    });
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { CommandRunner } from '../cli/run-command.js';
import type { CatalogueActor } from './catalogue-actor.js';
import { type ChangeServices, settledImage } from './change.js';
import type { ImageActor, OwnedImage } from './image-actor.js';
import { faultOfFile, imageLine } from './image-model.js';
import { taskRowId } from './ledger.js';
import type { FaultWorld } from './world.js';

/** How long a quiet world may take to end its tasks, and to tidy its store. */
const QUIET_MS = 60_000;
const LOOK_MS = 250;

export interface Actors {
  images: readonly ImageActor[];
  catalogue: CatalogueActor;
}

/** What must hold once nothing is asked and no fault is injected any more. */
export class FinalChecks {
  constructor(
    private readonly world: FaultWorld,
    private readonly services: ChangeServices,
    private readonly actors: Actors,
  ) {}

  async run(): Promise<void> {
    await this.#tasksEnd();
    await this.#imagesAreThere();
    await this.#factsAreThere();
    await this.#taskLogIsComplete();
    await this.#storeIsTidy();
  }

  #broken(text: string): void {
    this.services.history.broken(text);
  }

  async #tasksEnd(): Promise<void> {
    const open = async (): Promise<{ id: string; action: string; status: string }[]> => this.world.rows.read('select id, action, status from task where finished_at is null');
    for (const deadline = performance.now() + QUIET_MS; performance.now() < deadline; await sleep(LOOK_MS)) if ((await open()).length === 0) return;
    this.#broken(`Tasks do not end although nothing fails any more: ${JSON.stringify(await open()).slice(0, 2000)}`);
  }

  /** Rows are as acknowledged, in the graph and for every image that anybody made; bytes are those of the source. */
  async #imagesAreThere(): Promise<void> {
    const owned = this.actors.images.flatMap(({ images }) => images);
    for (const image of owned) {
      const now = await settledImage(this.services, image.model.name, (shown) => imageLine(shown) === imageLine(image.model));
      if (imageLine(now) !== imageLine(image.model)) this.#broken(`Image ${image.model.name} is ${imageLine(now)} at the end, in place of ${imageLine(image.model)}.`);
      else await this.#checkFile(image);
    }
    const rows = await this.world.rows.read<{ name: string }>('select name from image');
    const known = new Set(owned.map(({ model }) => model.name));
    for (const { name } of rows) if (!known.has(name)) this.#broken(`Image ${name} is there at the end, and nobody has it.`);
  }

  /** Downloads the file of an image as a compute node does. */
  async #checkFile({ model: { name, uuid }, bytes }: OwnedImage): Promise<void> {
    const { client, robbed } = this.services;
    if (robbed.has(uuid)) return;
    const file = await client.bytes(`/imgapi/images/${uuid}/file`);
    const fault = file === null ? 'no whole answer' : file.status === 200 ? faultOfFile(file.bytes, bytes) : `the status ${file.status}`;
    if (fault !== null) this.#broken(`The file of ${name} (${uuid}): ${fault}.`);
  }

  /** The same while the image may be deleted, and gateways are killed: only what is sent whole is judged. */
  async checkFileNow({ model: { name, uuid }, bytes }: OwnedImage): Promise<void> {
    const { client, robbed } = this.services;
    const file = await client.bytes(`/imgapi/images/${uuid}/file`);
    if (file?.status !== 200 || robbed.has(uuid)) return;
    const fault = faultOfFile(file.bytes, bytes);
    if (fault !== null) this.#broken(`The file of ${name} (${uuid}) as it was sent: ${fault}.`);
  }

  async #factsAreThere(): Promise<void> {
    const { catalogue } = this.actors;
    for (const [key, value] of catalogue.facts) {
      const now = await catalogue.read(key);
      if (now !== value) this.#broken(`${key} is ${now ?? 'absent'} at the end, in place of ${value ?? 'absent'}.`);
    }
  }

  async #taskLogIsComplete(): Promise<void> {
    const { ledger } = this.services;
    const rows = await this.world.rows.read<{ id: string; action: string; status: string; error_code: string | null; finished: number }>(
      'select id, action, status, error_code, cast(finished_at as float) as finished from task',
    );
    const tasks = new Map(rows.map((row) => [row.id, row]));
    for (const { id, action } of ledger.tasks) {
      const logged = tasks.get(taskRowId(id))?.action;
      if (logged !== action) this.#broken(`The acknowledged task ${taskRowId(id)} (${action}) is ${logged ?? 'absent'} in the log.`);
    }
    for (const [id, { status, errorCode, finishedAt }] of ledger.ends) {
      const task = tasks.get(taskRowId(id));
      const isSame = task?.status === status && (task.error_code ?? null) === errorCode && task.finished === Date.parse(finishedAt);
      if (!isSame) this.#broken(`Task ${id} ended ${status} at ${finishedAt}, and is ${JSON.stringify(task)} in the log.`);
    }
    for (const [action, { made, unknown }] of ledger.tallies) {
      const found = rows.filter((row) => row.action === action).length;
      // Refreshes of all repositories at once are counted by nobody.
      const most = action === 'REPOSITORY_REFRESH' ? Infinity : made + unknown;
      if (found < made || found > most) this.#broken(`The log has ${found} tasks ${action}, and ${made} were acknowledged, ${unknown} more may have been made.`);
    }
  }

  /** Bytes and rows belong together, as "verify-store" says, and nothing else is in the store. */
  async #storeIsTidy(): Promise<void> {
    const shell = new CommandRunner({ PATH: process.env.PATH ?? '', ...this.world.settings });
    for (const deadline = performance.now() + QUIET_MS; ; await sleep(1000)) {
      const { stdout, stderr } = await shell.run('verify-store', '-o', 'json');
      const findings = JSON.parse(stdout || '[{"name":"verify-store","finding":"no answer"}]') as { name: string; finding: string; detail: string }[];
      const wrong = findings.filter(({ name, finding }) => !(this.services.robbed.has(name.split('/', 1)[0] ?? '') && finding === 'missing bytes'));
      if (wrong.length === 0) return;
      if (performance.now() > deadline) return this.#broken(`The store is not tidy: ${JSON.stringify(wrong).slice(0, 3000)} ${stderr.slice(0, 500)}`);
    }
  }
}

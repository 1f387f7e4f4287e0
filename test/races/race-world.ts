import { type Answer, type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { random } from '../support/random.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

/** How often each race is run: what goes wrong once in ten times is found. */
export const ROUNDS = 12;

/** Codes that no race may ever answer with. */
const OURS = ['INTERNAL_SERVER_ERROR', undefined];

export class RaceWorld {
  private counter = 0;

  private constructor(
    readonly gateway: GatewayProcess,
    readonly admin: TestClient,
    readonly repository: ImgapiRepository,
    private readonly folder: TemporaryFolder,
  ) {}

  /** A gateway with the private datacenters north and south; without an image server unless one is asked for. */
  static async create({ imageServer = false } = {}): Promise<RaceWorld> {
    const repository = await startImgapiRepository();
    const { gateway, admin, folder } = await startFresh();
    const world = new RaceWorld(gateway, admin, repository, folder);
    if (!imageServer) await admin.run('mutation { updateGlobalSettings(input: { vmsImageVm: null }) { vmsImageVmNic } }');
    for (const name of ['north', 'south']) await admin.run(`mutation { createDatacenter(input: { name: "${name}" }) { name } }`);
    return world;
  }

  get imagesFolder(): string {
    return `${this.folder.path}/images`;
  }

  async close(): Promise<void> {
    await this.gateway.stop();
    await this.repository.close();
    await this.folder.remove();
  }

  /** A name that this world has not used. */
  unique(prefix: string): string {
    this.counter += 1;
    return `${prefix}-${this.counter}`;
  }

  offer(name: string): PublishedImage {
    const image = makeImage({ name, version: '1', size: 500 });
    this.repository.images.push(image);
    return image;
  }

  async import(name: string, more: Record<string, unknown> = {}, image = this.offer(name)): Promise<Answer> {
    const input = { name, manifestUrl: this.repository.manifestUrl(image), datacenter: 'north', access: 'PUBLIC', ...more };
    return this.admin.send('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { name } task { id } } }', { input });
  }

  /** A further image in north, ready; its name. */
  async image(more: Record<string, unknown> = {}): Promise<string> {
    const name = this.unique('image');
    const { data, errors } = await this.import(name, more);
    if (data === null) throw new Error(JSON.stringify(errors));
    await this.admin.ended(data.importImage.task.id);
    return name;
  }

  async register(hostname: string, image: string | null, more: Record<string, unknown> = {}): Promise<Answer> {
    const disks = image === null ? [] : [{ diskId: 1, size: 10_240, image }];
    const input = { uuid: crypto.randomUUID(), hostname, datacenter: 'north', owner: 'admin', osType: 'LINUX_VM', disks, ...more };
    return this.admin.send('mutation ($input: RegisterServerInput!) { registerServer(input: $input) { uuid } }', { input });
  }

  async send(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    return this.admin.send(query, variables);
  }
}

/**
 * Sends all at the same time, none always first; the code of each, `data` for who won. A 5xx, an answer without a code and a
 * masked error fail the test.
 */
export async function race(world: RaceWorld, ...contenders: (() => Promise<Answer>)[]): Promise<string[]> {
  const answers = await Promise.all(
    contenders.map(async (contender) => {
      await new Promise((resolve) => setTimeout(resolve, random() * 8));
      return contender();
    }),
  );
  for (const { status, errors } of answers) {
    const ours = status >= 500 || errors.some((error) => OURS.includes(error.extensions?.code));
    if (ours) throw new Error(`${status} ${JSON.stringify(errors)}\n${await logOf(world, String(errors[0]?.extensions.requestId))}`);
  }
  return answers.map(({ errors }) => errors[0]?.extensions.code ?? 'data');
}

/** What the gateway logged of a request, which may be a moment behind the answer. */
async function logOf({ gateway }: RaceWorld, requestId: string): Promise<string> {
  for (let wait = 0; wait < 40 && !gateway.output().includes(requestId); wait += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  return gateway.output().slice(-3000);
}

/** Runs a race `ROUNDS` times. */
export async function repeat(round: (at: number) => Promise<void>): Promise<void> {
  for (let at = 0; at < ROUNDS; at += 1) await round(at);
}

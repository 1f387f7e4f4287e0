import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { databaseOf, freshFolder, GatewayProcess, type GraphqlError, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, type PublishedImage, startImgapiRepository } from '../support/imgapi-repository.js';
import type { TemporaryFolder } from '../support/temp-folder.js';
import { type CommandRunner, freshRunner } from './run-command.js';

const IMPORT = `mutation ($uuid: UUID!) {
  importRepositoryImage(input: { repository: "remote", uuid: $uuid, datacenter: "main", access: PUBLIC }) { task { id } }
}`;

/** A gateway with images from a repository, and a shell with its settings. */
export class LocalWorld {
  #settings: Readonly<Record<string, string>> = {};

  private constructor(
    public data: TemporaryFolder,
    readonly repository: ImgapiRepository,
    public shell: CommandRunner,
    public gateway: GatewayProcess,
    public admin: TestClient,
  ) {}

  /** `settings` are those of the gateway and of the shell, beside its folder and database. */
  static async start(images: number, settings: Readonly<Record<string, string>> = {}): Promise<LocalWorld> {
    const repository = await startImgapiRepository();
    for (let at = 1; at <= images; at += 1) repository.images.push(makeImage({ name: `image-${at}`, version: '1', size: 200_000 + at }));
    const data = await freshFolder();
    const gateway = await GatewayProcess.start(data.path, settings);
    const shell = (await freshRunner()).with({ ...settingsOf(data), ...settings });
    const world = new LocalWorld(data, repository, shell, gateway, new TestClient(gateway.url, gateway.firstKey));
    world.#settings = settings;
    await world.admin.run('mutation ($url: HttpUrl!) { updateGlobalSettings(input: { vmsImageRepositories: [{ name: "remote", url: $url }] }) { vmsImageRepositories { name } } }', { url: repository.url });
    return world;
  }

  /** Imports an image of the repository; whether it succeeded. */
  async import({ manifest: { uuid } }: PublishedImage): Promise<boolean> {
    await this.admin.run('mutation { refreshImageRepository(name: "remote") { added } }');
    const { importRepositoryImage } = await this.admin.run(IMPORT, { uuid });
    return (await this.admin.ended(importRepositoryImage.task.id)).status === 'SUCCEEDED';
  }

  /** Deletes an image; what refused it, if anything did. */
  async delete(name: string): Promise<GraphqlError[]> {
    const { data, errors } = await this.admin.send('mutation ($name: String!) { deleteImage(input: { name: $name }) { task { id } } }', { name });
    if (data !== null) await this.admin.ended(data.deleteImage.task.id);
    return errors;
  }

  /** Goes on in another folder. */
  async moveTo({ data, shell }: { data: TemporaryFolder; shell: CommandRunner }): Promise<void> {
    [this.data, this.shell] = [data, shell];
    await this.start();
  }

  /** Starts the gateway again over its folder, where the same keys are valid. */
  async start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.gateway = await GatewayProcess.start(this.data.path, { ...this.#settings, ...settings });
    this.admin = new TestClient(this.gateway.url, this.admin.key);
  }

  /** Names of all images that are OK; fails unless the bytes of each are served, and hash as its row says. */
  async servedImages(): Promise<string[]> {
    const { images } = await this.admin.run('{ images(first: 200) { nodes { name uuid status file { sha1 sha256 } } } }');
    const nodes = images.nodes as { name: string; uuid: string; status: string; file: { sha1: string; sha256: string } }[];
    const names: string[] = [];
    for (const { name, uuid, file } of nodes.filter(({ status }) => status === 'OK')) {
      const response = await fetch(`${this.gateway.url}/imgapi/images/${uuid}/file`);
      const sha256 = createHash('sha256').update(Buffer.from(await response.arrayBuffer())).digest('hex');
      if (sha256 !== file.sha256) throw new Error(`${name}: ${response.status}, ${sha256} instead of ${file.sha256}`);
      names.push(name);
    }
    return names.sort();
  }

  async end(): Promise<void> {
    await this.gateway.kill();
    await this.repository.close();
    await this.data.remove();
  }
}

export function settingsOf(data: TemporaryFolder): Record<string, string> {
  const target = databaseOf(data);
  return { DATA_DIR: data.path, DATABASE_URL: target.kind === 'sqlite' ? `sqlite:${target.path}` : target.url };
}

/** The list of a backup. */
export async function listOf(backup: string): Promise<{ images: { uuid: string; file: { sha256: string } }[]; database: { name: string }; migrations: string[] }> {
  return JSON.parse(await readFile(join(backup, 'backup.json'), 'utf8')) as Awaited<ReturnType<typeof listOf>>;
}

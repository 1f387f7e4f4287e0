import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshFolder, GatewayProcess, TestClient } from '../support/gateway.js';
import { type ImgapiRepository, makeImage, startImgapiRepository } from '../support/imgapi-repository.js';
import { folderOfImage } from '../support/stored-image.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';

let repository: ImgapiRepository;
let folder: TemporaryFolder;
beforeAll(async () => {
  repository = await startImgapiRepository({ images: [makeImage({ name: 'one', version: '1', size: 5000 }), makeImage({ name: 'two', version: '1', size: 5000 })] });
  folder = await freshFolder();
});
afterAll(async () => {
  await repository?.close();
  await folder?.remove();
});

/** A gateway that a shell started whose files are open to everybody. */
async function startOpen(path: string, env: Record<string, string> = {}): Promise<GatewayProcess> {
  const before = process.umask(0);
  try {
    return await GatewayProcess.start(path, { LOG_LEVEL: 'info', ...env });
  } finally {
    process.umask(before);
  }
}

async function importImage(gateway: GatewayProcess, at: number): Promise<string> {
  const admin = new TestClient(gateway.url, gateway.firstKey);
  const image = repository.images[at];
  if (image === undefined) throw new Error('There is no such image.');
  const input = { name: `image-${at}`, manifestUrl: repository.manifestUrl(image), datacenter: 'main' };
  const answer = await admin.run('mutation ($input: ImportImageInput!) { importImage(input: $input) { image { uuid } task { id } } }', { input });
  expect((await admin.ended(answer.importImage.task.id)).status).toBe('SUCCEEDED');
  return String(answer.importImage.image.uuid);
}

/** Every file and folder below, with its rights in octal. */
async function modesIn(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const modes = await Promise.all(entries.map(async (entry) => {
    const at = join(entry.parentPath, entry.name);
    return [at.slice(path.length + 1), ((await stat(at)).mode & 0o777).toString(8)] as const;
  }));
  return Object.fromEntries(modes);
}

describe('the files of a gateway', () => {
  it('are readable by their owner only, whatever the umask', async () => {
    const gateway = await startOpen(folder.path);
    const uuid = await importImage(gateway, 0);
    const attempt = basename(await folderOfImage(join(folder.path, 'images'), uuid));
    const modes = await modesIn(folder.path);
    await gateway.stop();
    expect(Object.keys(modes)).toEqual(expect.arrayContaining(['jwt-secret', 'lock.sqlite', 'gateway.sqlite', 'gateway.sqlite-wal', 'gateway.sqlite-shm', 'gateway.sqlite-lock', ...['file', 'manifest'].map((name) => `images/${uuid}/${attempt}/${name}`)]));
    expect(Object.entries(modes).filter(([, mode]) => !/^[4567]00$/.test(mode))).toEqual([]);
  });

  it('lose the rights of others at the next start, which says so; the folder has those that it was given', async () => {
    for (const name of ['jwt-secret', 'gateway.sqlite', 'lock.sqlite']) await chmod(join(folder.path, name), 0o644);
    await chmod(folder.path, 0o755);
    const gateway = await startOpen(folder.path);
    const modes = await modesIn(folder.path);
    await gateway.stop();
    expect(Object.entries(modes).filter(([, mode]) => !/^[4567]00$/.test(mode))).toEqual([]);
    expect((await stat(folder.path)).mode & 0o777).toBe(0o755);
    expect(gateway.output()).toContain('Files that other users could read are now for their owner only.');
    expect(gateway.output()).toContain(join(folder.path, 'jwt-secret'));
  });

  it('of an image may be read by those who may read the folder of the store', async () => {
    await using data = await temporaryFolder();
    const store = join(data.path, 'store');
    await mkdir(store);
    await chmod(store, 0o750);
    const gateway = await startOpen(join(data.path, 'data'), { IMAGE_STORE: `file:${store}` });
    const uuid = await importImage(gateway, 1);
    const place = `${uuid}/${basename(await folderOfImage(store, uuid))}`;
    const modes = await modesIn(store);
    await gateway.stop();
    expect(modes).toEqual({ '.store-id': '640', [uuid]: '750', [place]: '750', [`${place}/file`]: '640', [`${place}/manifest`]: '640' });
  });

  it('outside of DATA_DIR keep their rights, with a warning', async () => {
    await using data = await temporaryFolder();
    const file = join(data.path, 'elsewhere.sqlite');
    await writeFile(file, '');
    await chmod(file, 0o644);
    const gateway = await startOpen(join(data.path, 'data'), { DATABASE_URL: `sqlite:${file}` });
    await gateway.stop();
    expect((await stat(file)).mode & 0o777).toBe(0o644);
    expect(gateway.output()).toContain('Other users can read these files; take the rights from them with \\"chmod 600\\".');
  });
});

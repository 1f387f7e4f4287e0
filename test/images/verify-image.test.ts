import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandRunner } from '../cli/run-command.js';
import { World } from '../support/world.js';

const VERIFY = 'mutation ($name: String!) { verifyImage(name: $name) { image { status } task { id action imageName bytesTotal } warnings } }';
const TASK = 'query ($id: ID!) { task(id: $id) { status phase bytesDone bytesTotal detail errorCode error } }';

let world: World;
let file: string;
let bytes: Buffer;

beforeAll(async () => {
  world = await World.start();
  const { uuid } = await world.image('checked');
  file = join(await world.folderOfImage(uuid), 'file');
  bytes = await readFile(file);
});
afterAll(() => world?.close());
beforeEach(async () => writeFile(file, bytes));

async function verified(name = 'checked') {
  const { verifyImage } = await world.admin.run(VERIFY, { name });
  await world.admin.ended(verifyImage.task.id);
  return (await world.admin.run(TASK, { id: verifyImage.task.id })).task;
}

describe('verifyImage', () => {
  it('hashes the stored bytes again while the image stays usable, and reports the checksums', async () => {
    const { verifyImage } = await world.admin.run(VERIFY, { name: 'checked' });
    expect(verifyImage).toMatchObject({ image: { status: 'OK' }, task: { action: 'IMAGE_VERIFY', imageName: 'checked', bytesTotal: bytes.length }, warnings: [] });
    await world.admin.ended(verifyImage.task.id);
    const hex = (name: string): string => createHash(name).update(bytes).digest('hex');
    expect((await world.admin.run(TASK, { id: verifyImage.task.id })).task).toMatchObject({
      status: 'SUCCEEDED', phase: 'DONE', bytesDone: bytes.length, detail: { size: bytes.length, sha1: hex('sha1'), sha256: hex('sha256') },
    });
  });

  it('tells a byte that differs, a file that is too short, and one that is gone', async () => {
    const flipped = Buffer.from(bytes);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    await writeFile(file, flipped);
    expect(await verified()).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH', error: expect.stringContaining('sha256') as string });
    await writeFile(file, bytes.subarray(1));
    expect(await verified()).toMatchObject({ status: 'FAILED', errorCode: 'CHECKSUM_MISMATCH', error: `The stored file has ${bytes.length - 1} bytes, and ${bytes.length} were recorded.` });
    expect((await world.admin.run('{ image(name: "checked") { status file { available } } }')).image).toEqual({ status: 'OK', file: { available: false } });
    await rm(file);
    expect(await verified()).toMatchObject({ status: 'FAILED', errorCode: 'NO_FILE' });
    expect((await world.admin.run('{ image(name: "checked") { status file { available } } }')).image).toEqual({ status: 'OK', file: { available: false } });
    await writeFile(file, bytes);
    expect(await verified()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('refuses an image without a file, one that a task works on, and one that is not there', async () => {
    await world.imageServer(null);
    await world.image('bare');
    expect(await world.admin.code(VERIFY, { name: 'checked' })).toBe('NO_FILE');
    await world.imageServer('img01');
    expect(await world.admin.code(VERIFY, { name: 'bare' })).toBe('NO_FILE');
    expect(await world.admin.code(VERIFY, { name: 'nothing' })).toBe('NOT_FOUND');
    world.repository.fail = { file: 'silence' };
    const { data } = await world.import('coming');
    expect(await world.admin.code(VERIFY, { name: 'coming' })).toBe('IMAGE_NOT_READY');
    await world.admin.run('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id: data?.importImage.task.id });
    world.repository.fail = {};
  });

  it('is a command, whose exit code tells', async () => {
    const admin = new CommandRunner({ GATEWAY_URL: world.gateway.url, GATEWAY_KEY: world.admin.key ?? '' });
    expect(await admin.run('images', 'verify', 'checked', '--wait')).toMatchObject({ code: 0, stdout: 'The file of image checked is as it was recorded.\n' });
    await rm(file);
    expect(await admin.run('images', 'verify', 'checked', '--wait')).toMatchObject({ code: 1, stderr: expect.stringContaining('NO_FILE: ') as string });
    expect(await admin.run('images', 'verify', 'nothing')).toMatchObject({ code: 1, stderr: expect.stringMatching(/^NOT_FOUND: /) as string });
    expect(await admin.run('images', 'verify')).toMatchObject({ code: 2 });
  });
});

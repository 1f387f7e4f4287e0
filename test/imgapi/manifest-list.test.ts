import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ListFault, type ListLimits } from '../../src/imgapi/list-scanner.js';
import { type ListEntry, readManifestList } from '../../src/imgapi/manifest-list.js';

async function readAll(chunks: string | readonly (string | Buffer)[], limits?: Partial<ListLimits>): Promise<ListEntry[]> {
  const parts = (typeof chunks === 'string' ? [chunks] : chunks).map((part) => Buffer.from(part));
  const entries: ListEntry[] = [];
  for await (const some of readManifestList(Readable.from(parts, { objectMode: true }), limits)) entries.push(...some);
  return entries;
}

function outcome(entries: readonly ListEntry[]): unknown[] {
  return entries.map((entry) => (entry.ok ? entry.value : entry.reason.split(':')[0]));
}

describe('readManifestList', () => {
  it('reads the entries however they are written', async () => {
    const list = '\uFEFF [ {"a": "]},{[\\"\\\\"} ,\r\n\t[1,[2]],"x,]", 5,{} ]\n ';
    expect(outcome(await readAll(list))).toEqual([{ a: ']},{["\\' }, [1, [2]], 'x,]', 5, {}]);
    expect(await readAll('[]')).toEqual([]);
    expect(await readAll(' [ \n ] ')).toEqual([]);
  });

  it('reads the same whatever the chunks are', async () => {
    const list = JSON.stringify([{ name: 'Žluťoučký \\"kůň\\" 😀' }, { tags: [{ a: '}' }] }, []], null, 4);
    const bytes = [...Buffer.from(list)].map((byte) => Buffer.from([byte]));
    expect(await readAll(bytes)).toEqual(await readAll(list));
    expect(outcome(await readAll(bytes))).toEqual(JSON.parse(list));
  });

  it('gives the text of each entry as it came', async () => {
    expect(await readAll('[ {"a" : 1.0} ]')).toEqual([{ ok: true, value: { a: 1 }, text: '{"a" : 1.0}' }]);
  });

  it('lets others run while it reads a large list that is all here', async () => {
    const list = Buffer.from(JSON.stringify(Array.from({ length: 80_000 }, (_, at) => ({ at, text: 'x'.repeat(100) }))));
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const entries = await readAll([list]);
    clearInterval(timer);
    expect(entries).toHaveLength(80_000);
    expect(turns).toBeGreaterThan(5);
  });

  it.each([
    ['[{"a":1},{"b":},{"c":3}]', [{ a: 1 }, 'The entry is not JSON', { c: 3 }]],
    ['[{"a":1],{"c":3}]', ['The entry is not JSON', { c: 3 }]],
    ['[{"a":1}},{"c":3}]', ['The entry is not JSON', { c: 3 }]],
    ['[1,,2,]', [1, 'There is nothing between two commas.', 2, 'There is nothing between two commas.']],
    ['[nul,<b>]', ['The entry is not JSON', 'The entry is not JSON']],
  ])('leaves only the broken entries out of %s', async (list, wanted) => {
    expect(outcome(await readAll(list))).toEqual(wanted);
  });

  it('leaves out entries that are not UTF-8', async () => {
    const list = [Buffer.from('[{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"},{"b":2}]')];
    expect(outcome(await readAll(list))).toEqual(['The entry is not UTF-8 text.', { b: 2 }]);
  });

  it('leaves out entries that are too large, in one piece and in many', async () => {
    const list = `[1,"${'x'.repeat(5000)}",{"a":["${'y'.repeat(5000)}"]},2]`;
    const wanted = [1, 'The entry is larger than 1000 bytes.', 'The entry is larger than 1000 bytes.', 2];
    expect(outcome(await readAll(list, { entry: 1000 }))).toEqual(wanted);
    expect(outcome(await readAll(list.match(/.{1,7}/g) ?? [], { entry: 1000 }))).toEqual(wanted);
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['<!DOCTYPE html><p>hi', 'not a JSON list: it starts with "<!DOCTYPE html><p>hi"'],
    ['{"code":"InternalError"}', 'not a JSON list: it starts with "{'],
    ['[{"a":1},{"b"', 'ends in the middle, after 1 entries'],
    ['[{"a":1}', 'ends in the middle'],
    ['[{"a":"x]', 'ends in the middle'],
    ['[1]]', 'goes on after its closing bracket'],
  ])('refuses "%s" as a whole', async (list, words) => {
    await expect(readAll(list)).rejects.toThrow(words);
    await expect(readAll(list)).rejects.toBeInstanceOf(ListFault);
  });

  it('refuses lists past their limits', async () => {
    await expect(readAll(`[${' '.repeat(200)}]`, { space: 100 })).rejects.toThrow('more than 100 bytes of white space');
    await expect(readAll(`[{"a":${'\n'.repeat(200)}1}]`, { space: 100 })).rejects.toThrow('white space');
    await expect(readAll(`["${'x'.repeat(200)}"]`, { list: 100 })).rejects.toThrow('larger than 100 bytes');
    await expect(readAll('[1,2,3]', { entries: 2 })).rejects.toThrow('more than 2 entries');
  });

  it('lets a fault of the stream through and destroys the stream when left', async () => {
    const broken = new Readable({ read() { this.destroy(new Error('cable')); } });
    await expect(readManifestList(broken).next()).rejects.toThrow('cable');
    const left = Readable.from([Buffer.from('[1,2'), Buffer.from(',3]')]);
    for await (const some of readManifestList(left)) if (some.length > 0) break;
    expect(left.destroyed).toBe(true);
  });
});

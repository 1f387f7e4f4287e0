import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UuidTable } from '../../src/platform/memory/uuid-table.js';

function counted(at: number): string {
  return `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`;
}

describe('a table of uuids', () => {
  it.each([['random ones', () => randomUUID()], ['ones that are counted', counted]])('keeps %s in their places', (_what, make) => {
    const uuids = Array.from({ length: 20_000 }, (_, at) => make(at));
    const table = new UuidTable();
    expect(uuids.map((uuid) => table.add(uuid).place)).toEqual(uuids.map((_uuid, at) => at));
    expect(uuids.map((uuid) => table.find(uuid))).toEqual(uuids.map((_uuid, at) => at));
    expect(table.add(uuids[7]!)).toEqual({ place: 7, isNew: false });
    expect(table.find(randomUUID())).toBe(-1);
    expect(table.size).toBe(20_000);
  });

  it('knows the uuid of zeros only when it was added', () => {
    const table = new UuidTable();
    expect(table.find('00000000-0000-0000-0000-000000000000')).toBe(-1);
    table.add('00000000-0000-0000-0000-000000000000');
    expect(table.find('00000000-0000-0000-0000-000000000000')).toBe(0);
  });

  it('is empty once it is disposed of', () => {
    const table = new UuidTable();
    for (let at = 0; at < 5000; at += 1) table.add(counted(at));
    table[Symbol.dispose]();
    expect(table.find(counted(7))).toBe(-1);
    expect(table.add(counted(7))).toEqual({ place: 0, isNew: true });
  });

  it.each(['', 'abc', '00000000-0000-4000-8000-00000000000G', '00000000-0000-4000-8000-00000000000A'])('refuses %j', (text) => {
    expect(() => new UuidTable().add(text)).toThrow(TypeError);
    expect(new UuidTable().find(text)).toBe(-1);
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { partIds, rowIds, uuidIds } from '../../src/platform/graphql/global-id.js';
import { LARGEST_ID } from '../../src/platform/database/tables.js';
import { fc } from '../support/random.js';

const TYPES = ['User', 'Group', 'Datacenter', 'Image', 'ImageRepository', 'VirtualServer', 'Snapshot'];
const numbers = fc.integer({ min: 1, max: LARGEST_ID });

describe('a global id', () => {
  it.each(TYPES)('of a row is decoded to the row, of %s', (type) => {
    const ids = rowIds(type);
    fc.assert(fc.property(numbers, (number) => void expect(ids.decode(ids.encode(number))).toBe(number)));
    expect([1, 999, 1000, 999_999, 1_000_000, LARGEST_ID].map((number) => ids.decode(ids.encode(number)))).toEqual([1, 999, 1000, 999_999, 1_000_000, LARGEST_ID]);
  });

  it('of a UUID, or of a UUID within a row, is decoded to them', () => {
    const uuid = randomUUID();
    expect(uuidIds('Task').decode(uuidIds('Task').encode(uuid))).toBe(uuid);
    fc.assert(fc.property(numbers, (rowId) => void expect(partIds('RepositoryImage').decode(partIds('RepositoryImage').encode({ rowId, uuid }))).toEqual({ rowId, uuid })));
  });

  it('is plain base64 without padding, which a URL may hold', () => {
    const ids = [rowIds('User').encode(7), rowIds('VirtualServer').encode(LARGEST_ID), uuidIds('Task').encode(randomUUID()), partIds('RepositoryImage').encode({ rowId: 12, uuid: randomUUID() })];
    expect(ids.filter((id) => !/^[A-Za-z0-9]+$/.test(id) || btoa(atob(id)) !== id)).toEqual([]);
    expect(ids.filter((id) => id.length > 200)).toEqual([]);
  });

  it('is of one type alone', () => {
    const ids = TYPES.map((type) => rowIds(type));
    for (const [at, one] of ids.entries()) expect(ids.map(({ decode }) => decode(one.encode(42)))).toEqual(TYPES.map((_type, other) => (other === at ? 42 : null)));
  });

  it('decodes from exactly one text: every other one is none', () => {
    const [images, entries] = [rowIds('Image'), partIds('RepositoryImage')];
    fc.assert(
      fc.property(numbers, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (number, position, character) => {
        const id = images.encode(number);
        const at = position % (id.length + 1);
        const others = [id.slice(0, at) + character + id.slice(at + 1), id.slice(0, at) + character + id.slice(at), id.slice(0, at)];
        return others.every((other) => {
          const decoded = images.decode(other);
          return entries.decode(other) === null && (decoded === null || images.encode(decoded) === other);
        });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['the type alone', btoa('Image:')],
    ['zero', btoa('Image:000')],
    ['a number that is not padded', btoa('Image:1')],
    ['leading zeros', btoa('Image:000001')],
    ['more than a row number', btoa('Image:002147483648')],
    ['very many digits', btoa(`Image:${'9'.repeat(120)}`)],
    ['a sign', btoa('Image:-01')],
    ['a fraction', btoa('Image:1.0')],
    ['an exponent', btoa('Image:1e2')],
    ['hexadecimal digits', btoa('Image:0x1')],
    ['other digits', btoa('Image:') + Buffer.from('١').toString('base64')],
    ['a blank after it', `${btoa('Image:001')} `],
    ['a line break in it', `${btoa('Image:')}\n${btoa('001')}`],
    ['a prefix in other letters', btoa('image:001')],
    ['a statement', btoa('Image:1 or 1=1')],
  ])('with %s is none', (_what, id) => {
    expect(rowIds('Image').decode(id)).toBeNull();
  });

  it('of a task has a UUID in lower case', () => {
    const uuid = randomUUID();
    const others = [uuid.toUpperCase().replace(/^./, 'A'), uuid.replaceAll('-', '_'), `${uuid} `.slice(1)];
    expect(others.map((text) => uuidIds('Task').decode(btoa(`Task::${text}`)))).toEqual([null, null, null]);
  });

  it('of a row that was rolled back is no id of any row', () => {
    const ids = rowIds('Image');
    expect(ids.decode(ids.encode(-7))).toBeNull();
    expect(ids.encode(-7)).not.toBe(ids.encode(7));
  });
});

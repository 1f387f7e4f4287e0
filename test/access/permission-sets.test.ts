import { describe, expect, it } from 'vitest';
import { holdsOneOf, missingPermissions, type Needs } from '../../src/access/matrix.js';
import { parsePermissions, type Permission } from '../../src/access/permission.js';

const BOTH: Needs = [['ADMIN', 'IMAGE_ADMIN']];
const EITHER: Needs = [['ADMIN', 'IMAGE_ADMIN'], ['IMAGE_IMPORT_ADMIN']];

describe('a row of the matrix', () => {
  it.each<[held: Permission[], needs: Needs, isAllowed: boolean, missing: Permission[]]>([
    [['ADMIN', 'IMAGE_ADMIN'], BOTH, true, []],
    [['IMAGE_ADMIN'], BOTH, false, ['ADMIN']],
    [['IMAGE_IMPORT_ADMIN'], BOTH, false, ['ADMIN', 'IMAGE_ADMIN']],
    [['IMAGE_IMPORT_ADMIN'], EITHER, true, []],
    [['ADMIN', 'IMAGE_ADMIN'], EITHER, true, []],
    [[], EITHER, false, ['IMAGE_IMPORT_ADMIN']],
    [['ADMIN'], EITHER, false, ['IMAGE_ADMIN']],
  ])('for who holds %j and needs one of %j: %s, missing %j', (permissions, needs, isAllowed, missing) => {
    const held = new Set(permissions);
    expect({ isAllowed: holdsOneOf(held, needs), missing: missingPermissions(held, needs) }).toEqual({ isAllowed, missing });
  });
});

describe('permissions in the database', () => {
  it('grant nothing that this version does not know', () => {
    expect(parsePermissions('["ADMIN","IMAGE_READER","IMAGE_ADMIN"]')).toEqual(['ADMIN', 'IMAGE_ADMIN']);
    expect([parsePermissions('[]'), parsePermissions('null'), parsePermissions('"ADMIN"')]).toEqual([[], [], []]);
  });
});

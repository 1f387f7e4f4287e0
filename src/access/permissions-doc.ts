import { type Action, LEVELS, MATRIX, type Place } from './matrix.js';

const WHERE: Record<Place, string> = {
  datacenter: 'in the datacenter that the request names',
  anyDatacenter: 'in at least one datacenter',
  attachedDatacenter: 'in at least one datacenter that the image is attached to',
  boundDatacenter: 'in the datacenter that the image is bound to',
  everywhere: '–',
};

const LEVEL_TITLES = {
  access: 'access',
  dcAdmin: 'DCAdmin',
  imageAdmin: 'ImageAdmin',
  importer: 'Importer',
  superAdmin: 'SuperAdmin',
} as const;

const INTRODUCTION = `# Permissions

Generated from \`src/access/matrix.ts\` by \`npm run docs\`.

A group grants permissions in the datacenters it is attached to; the owner of a datacenter holds ADMIN there. What a user
holds in one datacenter adds up to a level, and each level includes the ones before it:

| Level | Holds, all in the same datacenter |
|---|---|
| access | may see the datacenter: it is public, or the user owns it or is in one of its groups |
| DCAdmin | ADMIN |
| ImageAdmin | ADMIN and IMAGE_ADMIN (IMAGE_ADMIN without ADMIN is worth nothing) |
| Importer | ADMIN, IMAGE_ADMIN and IMAGE_IMPORT_ADMIN |
| SuperAdmin | a property of the user; passes everywhere |

Checks come in this order: signed in (UNAUTHENTICATED), can see it (NOT_FOUND), may do it (FORBIDDEN, with what is missing in
\`extensions.requires\`), the input is valid, the state allows it.

| Action | Needs | Where |
|---|---|---|
`;

/** docs/permissions.md: the matrix as a page for people. */
export function permissionsMarkdown(): string {
  const rows = (Object.keys(MATRIX) as Action[]).map((action) => {
    const { level, place, phrase } = MATRIX[action];
    return `| ${phrase} | ${LEVEL_TITLES[level]} | ${WHERE[place]} |`;
  });
  rows.sort((a, b) => a.localeCompare(b, 'en'));
  if (LEVELS.length !== Object.keys(LEVEL_TITLES).length) throw new Error('A level has no title.');
  return `${INTRODUCTION}${rows.join('\n')}\n`;
}

import { type AccountRow, MATRIX, type PermissionRow, type PermissionSet, ROLES, type Where } from './matrix.js';
import { OWNER_PERMISSIONS, PERMISSION_VALUES, PERMISSIONS } from './permission.js';

const WHERE: Record<Where, string> = {
  datacenter: 'in the datacenter that the request names',
  anyDatacenter: 'in at least one datacenter',
  attachedDatacenter: 'in at least one datacenter that the image is attached to',
  boundDatacenter: 'in the datacenter that the image is bound to',
};

const ACCOUNTS: Record<AccountRow['needs'], string> = { superAdmin: 'SuperAdmin', signedIn: 'a signed-in user' };

const ROWS: readonly (PermissionRow | AccountRow)[] = Object.values(MATRIX);
const ROLE_SETS: readonly [string, PermissionSet][] = Object.entries<PermissionSet>(ROLES);

function holding(set: PermissionSet): string {
  return set.join(' and ');
}

/** A set by the name of its role, where it has one. */
function nameOf(set: PermissionSet): string {
  return ROLE_SETS.find(([, role]) => holding(role) === holding(set))?.[0] ?? holding(set);
}

function table(head: string, lines: readonly string[]): string {
  const columns = head.split('|').length - 2;
  return [head, `|${'---|'.repeat(columns)}`, ...lines].join('\n');
}

function actionLine(row: PermissionRow | AccountRow): string {
  if (!('where' in row)) return `| ${row.phrase} | ${ACCOUNTS[row.needs]} | – |`;
  return `| ${row.phrase} | ${row.needs.map(nameOf).join(', or ')} | ${WHERE[row.where]} |`;
}

/** docs/permissions.md: the permissions and the matrix as a page for people. */
export function permissionsMarkdown(): string {
  const permissions = PERMISSIONS.map((permission) => `| ${permission} | ${PERMISSION_VALUES[permission].description} |`);
  const roles = ROLE_SETS.map(([role, set]) => `| ${role} | ${holding(set)} |`);
  const actions = ROWS.map(actionLine).sort((a, b) => a.localeCompare(b, 'en'));
  return `# Permissions

Generated from \`src/access/permission.ts\` and \`src/access/matrix.ts\` by \`npm run docs\`.

A group grants permissions in the datacenters it is attached to; the owner of a datacenter holds ${holding(OWNER_PERMISSIONS)} there.

${table('| Permission | What it allows |', permissions)}

Some sets of permissions, all held in the same datacenter, have a name:

${table('| Role | Holds |', roles)}

SuperAdmin is no permission but a property of the user: a SuperAdmin may do everything, everywhere.

Checks come in this order: signed in (UNAUTHENTICATED), can see it (NOT_FOUND), may do it (FORBIDDEN, with what is missing in
\`extensions.requires\`), the input is valid, the state allows it. Who has access to a datacenter can see it: everybody if it is
public, else its owner and the members of its groups.

${table('| Action | Needs | Where |', actions)}
`;
}

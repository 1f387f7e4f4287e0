import type { Argv } from 'yargs';
import type { GlobalOptions } from '../command.js';

/** The fields of a group that can be given. */
export function withGroupFields(parser: Argv<GlobalOptions>) {
  return parser
    .positional('name', { type: 'string', demandOption: true, describe: 'Name of the group' })
    .option('alias', { type: 'string', describe: 'Name for display' })
    .option('permission', { type: 'string', array: true, describe: 'ADMIN, IMAGE_ADMIN or IMAGE_IMPORT_ADMIN; may be repeated' })
    .option('dc', { type: 'string', array: true, alias: 'datacenter', describe: 'Datacenter where they hold; may be repeated' })
    .option('user', { type: 'string', array: true, describe: 'Username of a member; may be repeated' });
}

interface Given {
  alias: string | undefined;
  permission: string[] | undefined;
  dc: string[] | undefined;
  user: string[] | undefined;
}

/** The same as input of a mutation; a list of one empty text is an empty list. */
export function groupFieldsOf({ alias, permission, dc, user }: Given) {
  const named = (list: string[] | undefined): string[] | undefined => list?.filter((one) => one !== '');
  return { alias, permissions: named(permission), datacenters: named(dc), users: named(user) };
}

import type { Argv } from 'yargs';
import type { GlobalOptions } from '../command.js';

/** The fields of a datacenter that can be given. */
export function withDatacenterFields(parser: Argv<GlobalOptions>) {
  return parser
    .positional('name', { type: 'string', demandOption: true, describe: 'Name of the datacenter' })
    .option('alias', { type: 'string', describe: 'Name for display' })
    .option('description', { type: 'string', describe: 'Free text' })
    .option('access', { type: 'string', choices: ['PUBLIC', 'PRIVATE'], describe: 'Who can see it' })
    .option('owner', { type: 'string', describe: 'Username of its owner, who then holds ADMIN there' })
    .option('group', { type: 'string', array: true, describe: 'Group whose permissions hold there; may be repeated' });
}

interface Given {
  alias: string | undefined;
  description: string | undefined;
  access: string | undefined;
  owner: string | undefined;
  group: string[] | undefined;
}

/** The same as input of a mutation; a list of one empty text is an empty list. */
export function datacenterFieldsOf({ alias, description, access, owner, group }: Given) {
  return { alias, description, access, owner, groups: group?.filter((name) => name !== '') };
}

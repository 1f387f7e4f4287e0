import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { groupFieldsOf, withGroupFields } from './group-fields.js';

const UPDATE = 'mutation CliUpdateGroup($input: UpdateGroupInput!) { updateGroup(input: $input) { name alias permissions datacenters { name } users { username } } }';

/** Changes a group. */
export const updateGroup = defineCommand({
  usage: 'update <name>',
  summary: 'Change a group. What is not given stays; a list replaces the present one.',
  examples: [["groups update image-admins --user ''", 'Nobody is a member any more']],
  options: withGroupFields,
  async run({ gateway, output }, { name, ...given }) {
    const changes = groupFieldsOf(given);
    if (Object.values(changes).every((value) => value === undefined)) throw new WrongCall('Nothing is to be changed. Give at least one of --alias, --permission, --dc and --user.');
    const { updateGroup: group } = await (await gateway()).run<{ updateGroup: unknown }>(UPDATE, { input: { name, ...changes } });
    output.done(`Group ${name} is changed.`, group);
  },
});

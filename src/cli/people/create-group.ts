import { defineCommand } from '../command.js';
import { IF_MISSING } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';
import { groupFieldsOf, withGroupFields } from './group-fields.js';

const CREATE = 'mutation CliCreateGroup($input: CreateGroupInput!) { createGroup(input: $input) { name alias permissions datacenters { name } users { username } } }';

/** Makes a group. */
export const createGroup = defineCommand({
  usage: 'create <name>',
  summary: 'Create a group that grants permissions in datacenters to its members.',
  examples: [['groups create image-admins --permission ADMIN --permission IMAGE_ADMIN --dc main --user ann', 'Who may change images in main']],
  options: (parser) => withGroupFields(parser).option('if-missing', IF_MISSING),
  async run({ gateway, output }, { name, ifMissing, ...given }) {
    const client = await gateway();
    const { permissions = [], ...fields } = groupFieldsOf(given);
    const create = async () => client.run<{ createGroup: unknown }>(CREATE, { input: { name, permissions, ...fields } });
    const answer = ifMissing ? await unlessRefused('ALREADY_EXISTS', create) : await create();
    if (answer === null) return output.done(`Group ${name} is there already.`, { name });
    output.done(`Group ${name} is made.`, answer.createGroup);
  },
});

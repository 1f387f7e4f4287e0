import { defineCommand } from '../command.js';
import { IF_MISSING } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';

const CREATE = 'mutation CliCreateUser($input: CreateUserInput!) { createUser(input: $input) { username email active isSuperAdmin groups { name } } }';

/** Makes a user. */
export const createUser = defineCommand({
  usage: 'create <username>',
  summary: 'Create a user. To sign in, the user needs a key: keys create USERNAME',
  examples: [['users create ann --email ann@example.com --group image-admins', 'A member of a group']],
  options: (parser) =>
    parser
      .positional('username', { type: 'string', demandOption: true, describe: 'Name to sign in with' })
      .option('email', { type: 'string', describe: 'E-mail address' })
      .option('group', { type: 'string', array: true, describe: 'Name of a group to be in; may be repeated' })
      .option('super-admin', { type: 'boolean', default: false, describe: 'May do everything everywhere' })
      .option('if-missing', IF_MISSING),
  async run({ gateway, output }, { username, email, group, superAdmin, ifMissing }) {
    const client = await gateway();
    const create = async () => client.run<{ createUser: unknown }>(CREATE, { input: { username, email, groups: group, isSuperAdmin: superAdmin } });
    const answer = ifMissing ? await unlessRefused('ALREADY_EXISTS', create) : await create();
    if (answer === null) return output.done(`User ${username} is there already.`, { username });
    output.done(`User ${username} is made.`, answer.createUser);
  },
});

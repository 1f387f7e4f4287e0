import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';

const UPDATE = 'mutation CliUpdateUser($input: UpdateUserInput!) { updateUser(input: $input) { username email active isSuperAdmin groups { name } } }';

/** Changes a user. */
export const updateUser = defineCommand({
  usage: 'update <username>',
  summary: 'Change a user. What is not given stays as it is.',
  examples: [['users update ann --no-active', 'No key and no token signs in as ann any more']],
  options: (parser) =>
    parser
      .positional('username', { type: 'string', demandOption: true, describe: 'Which user' })
      .option('email', { type: 'string', describe: 'E-mail address; empty removes it' })
      .option('group', { type: 'string', array: true, describe: 'Groups to be in from now on; may be repeated, empty: none' })
      .option('active', { type: 'boolean', describe: '--no-active: can no longer sign in' })
      .option('super-admin', { type: 'boolean', describe: 'May do everything everywhere' }),
  async run({ gateway, output }, { username, email, group, active, superAdmin }) {
    const changes = { email: email === '' ? null : email, groups: group?.filter((name) => name !== ''), active, isSuperAdmin: superAdmin };
    if (Object.values(changes).every((value) => value === undefined)) throw new WrongCall('Nothing is to be changed. Give at least one of --email, --group, --active and --super-admin.');
    const { updateUser: user } = await (await gateway()).run<{ updateUser: unknown }>(UPDATE, { input: { username, ...changes } });
    output.done(`User ${username} is changed.`, user);
  },
});

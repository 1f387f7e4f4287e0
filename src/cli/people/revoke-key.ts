import { defineCommand } from '../command.js';

const REVOKE = 'mutation CliRevokeKey($id: ID!) { revokeApiKey(id: $id) }';

/** Takes an API key back. */
export const revokeKey = defineCommand({
  usage: 'revoke <id>',
  summary: 'Take an API key back for good.',
  options: (parser) => parser.positional('id', { type: 'string', demandOption: true, describe: 'Id of the key, as "keys ls" and "keys create" tell it' }),
  async run({ gateway, output }, { id }) {
    await (await gateway()).run(REVOKE, { id });
    output.done(`Key ${id} signs in nobody any more.`, { id });
  },
});

import { defineCommand } from '../command.js';
import { removeLogin } from '../server/login-file.js';

/** Forgets what `login` kept. */
export const logout = defineCommand({
  usage: 'logout',
  summary: 'Delete the stored address and key. The key itself stays valid; see "keys revoke".',
  options: (parser) => parser,
  async run({ process: { env }, output }) {
    const wasThere = await removeLogin(env);
    output.done(wasThere ? 'The login is forgotten.' : 'There was no login.', { wasThere });
  },
});

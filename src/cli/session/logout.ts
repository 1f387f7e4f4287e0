import { defineCommand } from '../command.js';
import { removeLogin } from '../server/login-file.js';

/** Forgets what `login` kept. */
export const logout = defineCommand({
  usage: 'logout',
  summary: 'Forget the address and the key that "login" kept. The key itself stays good; see "keys revoke".',
  options: (parser) => parser,
  async run({ process: { env }, output }) {
    const wasThere = await removeLogin(env);
    output.done(wasThere ? 'The login is forgotten.' : 'There was no login.', { wasThere });
  },
});

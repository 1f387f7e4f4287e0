import { mintToken, readOrCreateSecret, secretFileIn } from '../../access/sign-in/token.js';
import { readConfig } from '../../config/config.js';
import { Refused, WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';

const LONGEST_HOURS = 24 * 365;

/** Signs a token with the secret of the settings. */
export const printToken = defineCommand({
  usage: 'token <username>',
  summary: 'Print a token that signs in as a user, signed with AUTH_JWT_SECRET or the secret in DATA_DIR.',
  notes: 'Whoever can run this with the settings of the gateway can sign in as anybody.',
  options: (parser) =>
    parser
      .positional('username', { type: 'string', demandOption: true, describe: 'Whom it signs in' })
      .option('hours', { type: 'number', default: 12, describe: `How long it holds: more than 0, at most ${LONGEST_HOURS}` }),
  async run({ process: { env }, output }, { username, hours }) {
    if (!(hours > 0 && hours <= LONGEST_HOURS)) throw new WrongCall(`--hours is ${hours}. Accepted: more than 0, at most ${LONGEST_HOURS}.`);
    const { auth, dataDir } = readConfig(env);
    if (auth.publicKey !== null || auth.jwksUrl !== null) {
      throw new Refused('Tokens are checked with AUTH_JWT_PUBLIC_KEY or AUTH_JWKS_URL: only the holder of that private key can sign one.');
    }
    const { issuer, audience } = auth;
    const secret = auth.secret ?? (await readOrCreateSecret(secretFileIn(dataDir)));
    const token = await mintToken(secret, username, { expiresIn: Math.round(hours * 3600), issuer, audience });
    output.done(token, { token });
  },
});

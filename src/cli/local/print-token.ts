import { readSecrets, secretFileIn } from '../../access/sign-in/signing-secret.js';
import { mintToken } from '../../access/sign-in/token.js';
import { type Config, readConfig } from '../../config/config.js';
import { quoteValue } from '../../platform/message-text.js';
import { Refused, WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { findAccount } from './find-account.js';

const LONGEST_HOURS = 24 * 365;

/** Signs a token with the first secret of the settings. Changes nothing, neither in the database nor in DATA_DIR. */
export const printToken = defineCommand({
  usage: 'token <username>',
  summary: 'Print a token that signs in as a user, signed with AUTH_JWT_SECRET or the secret in DATA_DIR.',
  notes: 'Run it with the environment of the gateway, beside a running or a stopped one. Whoever can run this with the settings of the gateway can sign in as anybody.',
  options: (parser) =>
    parser
      .positional('username', { type: 'string', demandOption: true, describe: 'User whom the token signs in; must be active' })
      .option('hours', { type: 'number', default: 12, describe: `How long it holds: more than 0, at most ${LONGEST_HOURS}` }),
  async run({ process: { env }, output }, { username, hours }) {
    if (!(hours > 0 && hours <= LONGEST_HOURS)) throw new WrongCall(`--hours is ${hours}. Accepted: more than 0, at most ${LONGEST_HOURS}.`);
    const config = readConfig(env);
    const secret = await signingSecret(config);
    await demandActive(config, username);
    const { issuer, audience, usernameClaim } = config.auth;
    const token = await mintToken(secret, username, { expiresIn: Math.round(hours * 3600), issuer, audience, usernameClaim });
    output.done(token, { token });
  },
});

async function signingSecret({ auth, dataDir }: Config): Promise<string> {
  const other = auth.jwksUrl !== null ? 'AUTH_JWKS_URL' : auth.publicKeys.length > 0 ? 'AUTH_JWT_PUBLIC_KEY' : null;
  if (other !== null) {
    throw new Refused(
      `Tokens are verified with ${other}, so only the holder of that private key can sign one. Use an API key instead: "image-gateway keys create", or "image-gateway admin reset" where no key is left.`,
    );
  }
  const [secret] = auth.secrets.length > 0 ? auth.secrets : ((await readSecrets(secretFileIn(dataDir))) ?? []);
  if (secret !== undefined) return secret;
  throw new Refused(
    `DATA_DIR=${dataDir} holds no secret that signs tokens (${secretFileIn(dataDir)} is not there), so no gateway has started with it. Set DATA_DIR, or AUTH_JWT_SECRET, as the gateway has it; nothing was made.`,
  );
}

async function demandActive(config: Config, username: string): Promise<void> {
  const account = await findAccount(config, username);
  if (account === null) throw new Refused(`There is no user ${quoteValue(username)}; make it with "image-gateway users create" first.`);
  if (!account.active) throw new Refused(`The user ${quoteValue(username)} is inactive and cannot sign in; "image-gateway users update --active" changes that.`);
}

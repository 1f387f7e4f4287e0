import { parseArgs } from 'node:util';
import { buildOrStop } from './build.js';
import { begin, built, configured, stop } from './project.js';

const usage = `npm run --silent token -- USERNAME [--hours 12]: prints a token that signs in as USERNAME.
It is signed with AUTH_JWT_SECRET or the secret in DATA_DIR; whoever can run this can sign in as anybody.`;
const mostHours = 24 * 365;
begin(usage);
const { username, hours } = asked();
await buildOrStop();
const { auth, dataDir } = await configured();
if (auth.publicKey !== null || auth.jwksUrl !== null) {
  stop('Tokens are checked with AUTH_JWT_PUBLIC_KEY or AUTH_JWKS_URL: only the holder of that private key can sign one.');
}
const { mintToken, readOrCreateSecret, secretFileIn } = await built('access/sign-in/token.js');
const secret = auth.secret ?? (await readOrCreateSecret(secretFileIn(dataDir)));
const { issuer, audience } = auth;
console.log(await mintToken(secret, username, { expiresIn: Math.round(hours * 3600), issuer, audience }));

function asked() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { hours: { type: 'string', default: '12' } } });
    const span = Number(values.hours);
    if (positionals.length === 1 && span > 0 && span <= mostHours) return { username: positionals[0], hours: span };
  } catch (error) {
    console.error(error.message);
  }
  return stop(`${usage}\nHours: more than 0, at most ${mostHours}.`);
}

import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartRefusal } from '../../platform/start-refusal.js';
import { makeFolder } from '../../platform/store/make-folder.js';

/** The file of the generated secret. */
export function secretFileIn(dataDir: string): string {
  return join(dataDir, 'jwt-secret');
}

/**
 * The secrets in the file (mode 0600), one a line: the first signs, and all verify. Creates the file with 256 random bits when it is
 * missing; two processes that start at once get the same secret. Throws when a secret has fewer than 32 characters.
 */
export async function readOrCreateSecrets(file: string): Promise<readonly string[]> {
  return (await readSecrets(file)) ?? secretsIn(await createSecret(file), file);
}

/** The same for a file that must be there; null when it is missing. */
export async function readSecrets(file: string): Promise<readonly string[] | null> {
  try {
    return secretsIn(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function secretsIn(text: string, file: string): readonly string[] {
  const secrets = text.trim().split(/\s*\n\s*/);
  const short = secrets.find((secret) => secret.length < 32);
  if (short === undefined) return secrets;
  throw new StartRefusal(`The secret in ${file} has only ${short.length} characters, and at least 32 are needed; delete the file to have a new one made, which ends all present tokens, or set AUTH_JWT_SECRET.`);
}

// link() fails when the name is taken: the first process wins, and no process reads half a secret.
async function createSecret(file: string): Promise<string> {
  await makeFolder(dirname(file));
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    await using handle = await open(draft, 'wx', 0o600);
    await handle.writeFile(`${randomBytes(32).toString('base64url')}\n`);
    await handle.sync();
    await link(draft, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { WrongCall } from '../command-error.js';
import type { Environment } from '../terminal.js';

/** What `login` keeps: a gateway and the key that signs in there. */
export interface Login {
  server: string;
  key: string;
}

/** In the folder that the system has for settings of a user. */
function loginFile(env: Environment): string {
  const folder = env['XDG_CONFIG_HOME'] || env['APPDATA'] || join(env['HOME'] || homedir(), '.config');
  return join(folder, 'image-gateway', 'login.json');
}

/** The login; null when there is none. Throws WrongCall when others can read the file, or it cannot be understood. */
export async function readLogin(env: Environment): Promise<Login | null> {
  const file = loginFile(env);
  const text = await textOf(file);
  if (text === null) return null;
  if (process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0) {
    throw new WrongCall(`Others can read ${file}, which holds a key. Run "chmod 600" on it, and revoke the key if others use this machine.`);
  }
  return loginIn(text) ?? wrongFile(file);
}

/** Replaces the file at once, so that a reader never finds half of it. */
export async function writeLogin(env: Environment, login: Login): Promise<string> {
  const file = loginFile(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(login)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(draft, 0o600);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return file;
}

/** Answers whether there was one. */
export async function removeLogin(env: Environment): Promise<boolean> {
  const file = loginFile(env);
  const wasThere = (await textOf(file)) !== null;
  await rm(file, { force: true });
  return wasThere;
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new WrongCall(`${file} cannot be read. Give yourself the right to read it, or remove it and run "image-gateway login" again.`);
  }
}

function loginIn(text: string): Login | null {
  try {
    const value = JSON.parse(text) as Partial<Login> | null;
    return typeof value?.server === 'string' && typeof value.key === 'string' ? { server: value.server, key: value.key } : null;
  } catch {
    return null;
  }
}

function wrongFile(file: string): never {
  throw new WrongCall(`${file} is not what "login" wrote. Remove it, and run "image-gateway login" again.`);
}

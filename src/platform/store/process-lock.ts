import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './make-folder.js';

/** Another process works in the folder. */
export class AlreadyRunning extends Error {
  constructor(folder: string) {
    super(`Another gateway works in ${folder}. Stop it first, or give this one a DATA_DIR of its own.`);
    this.name = 'AlreadyRunning';
  }
}

/**
 * Holds a folder for this process alone until the function returned is called. The lock is one of the operating system,
 * so a killed process never leaves it behind. Throws AlreadyRunning.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  await makeFolder(folder);
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'));
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new AlreadyRunning(folder) : error;
  }
  return () => lock.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5;
}

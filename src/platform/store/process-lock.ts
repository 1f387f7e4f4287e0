import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolder } from './make-folder.js';

/** Another process has locked the folder. */
export class AlreadyRunning extends Error {
  constructor(folder: string) {
    super(`Another gateway works in ${folder}. Stop it first, or give this one a DATA_DIR of its own.`);
    this.name = 'AlreadyRunning';
  }
}

/**
 * Locks a folder for this process until the returned function is called. It is a lock of the operating system, which releases it
 * when the process is killed. Throws AlreadyRunning when another process has the lock.
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

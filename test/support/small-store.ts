import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from './temp-folder.js';

export interface SmallStore extends TemporaryFolder {
  /** Leaves no byte free. */
  fill(): void;
}

/** Whether this user may mount file systems, as a container's root may. */
export function mayMount(): boolean {
  const path = join(process.env.TMPDIR ?? '/tmp', `image-gateway-mount-${process.pid}`);
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(path);
  }
}

/** A file system of its own with so many MiB. */
export async function mountSmallStore(sizeMiB: number): Promise<SmallStore> {
  const folder = await temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=755`, 'tmpfs', folder.path]);
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(folder.path);
    try {
      writeFileSync(join(folder.path, 'ballast'), Buffer.alloc(bavail * bsize));
    } catch (error) {
      // Somebody else has taken the last bytes meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  };
  const remove = async (): Promise<void> => {
    execFileSync('umount', ['-l', folder.path]);
    await folder.remove();
  };
  return { path: folder.path, fill, remove, [Symbol.asyncDispose]: remove };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute. */
  path: string;
  /** Removes the folder with all that is in it; doing it twice is fine. */
  remove: () => Promise<void>;
}

/** `await using folder = await temporaryFolder()` inside a test, or `remove()` in afterAll. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'image-gateway-'));
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 });
  return { path, remove, [Symbol.asyncDispose]: remove };
}

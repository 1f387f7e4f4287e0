import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { FileKey } from '../file-key.js';
import { makeFolder } from '../make-folder.js';
import { errorCode, isFolder, lstatOrNull, openForReading, syncFolder, writeDurably } from '../safe-open.js';
import { StoreLayout } from './store-layout.js';
import { STORE_ID_FILE, type StoreMark } from '../store-mark.js';

const MAX_ID_BYTES = 64;
/** File systems that know no hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** The mark of a store in a local folder. */
export class LocalStoreMark implements StoreMark {
  private readonly layout: StoreLayout;

  constructor(readonly location: string) {
    this.layout = new StoreLayout(location);
  }

  async readId(): Promise<string | null> {
    const handle = await openForReading(join(this.location, STORE_ID_FILE));
    if (handle === null) return null;
    return (await buffer(handle.createReadStream({ end: MAX_ID_BYTES - 1 }))).toString('utf8').trim();
  }

  async writeId(id: string): Promise<string | null> {
    const path = join(this.location, STORE_ID_FILE);
    const draft = `${path}-${randomBytes(6).toString('hex')}`;
    try {
      await writeDurably(draft, `${id}\n`);
      await link(draft, path).catch(async (error: unknown) => {
        if (NO_LINKS.has(errorCode(error) ?? '')) await rename(draft, path);
        else if (errorCode(error) !== 'EEXIST') throw error;
      });
    } finally {
      await rm(draft, { force: true });
    }
    await syncFolder(this.location);
    return this.readId();
  }

  async exists(): Promise<boolean> {
    return isFolder(this.location);
  }

  async make(): Promise<void> {
    await makeFolder(this.location);
  }

  async hasFile(key: FileKey): Promise<boolean> {
    return (await lstatOrNull(join(this.layout.folder(key), 'file')))?.isFile() ?? false;
  }
}

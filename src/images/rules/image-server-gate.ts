import { type ImageServerState, readImageServer } from '../../datacenters/settings/image-server-state.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';

const OPERATIONAL = ['RUNNING', 'STOPPED'];

/** The warning of a change that is made without an image server. */
export const NO_IMAGE_SERVER = 'No image server is configured (VMS_IMAGE_VM), so this was done in the database only: there is no file.';

/** Finds the image server, and refuses a change before it begins when that server or the image store is not operational. */
export class ImageServerGate {
  constructor(
    private readonly em: SqlEntityManager,
    private readonly store: FileStore,
  ) {}

  /**
   * The image server; null when none is configured. Throws IMAGE_SERVER_UNAVAILABLE when it is needed and its server or store is not
   * operational, or `bytesNeeded` do not fit; STORE_MISMATCH when the store is not that of the catalogue.
   */
  async open({ isNeeded = true, bytesNeeded = 0 } = {}): Promise<ImageServerState | null> {
    const server = await readImageServer(this.em);
    if (server === null || !isNeeded) return server;
    requireOperational(server);
    await this.store.check();
    if (bytesNeeded > 0) await this.store.requireRoom(bytesNeeded);
    return server;
  }
}

function requireOperational(server: ImageServerState): void {
  if (OPERATIONAL.includes(server.status)) return;
  throw new AppError(
    'IMAGE_SERVER_UNAVAILABLE',
    `The image server ${server.hostname} is ${server.status}; it must be RUNNING or STOPPED.`,
  );
}

/** Asks the gate once for all verdicts of a request, as it reads the disk. */
export class VerdictGate {
  #answer: Promise<ImageServerState | null> | null = null;

  constructor(private readonly gate: Pick<ImageServerGate, 'open'>) {}

  /** Throws what a change that needs the image server would be refused with. */
  async demand(): Promise<void> {
    await (this.#answer ??= this.gate.open());
  }
}

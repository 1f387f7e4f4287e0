import type { Socket } from 'node:net';

/** Pings without progress after which a reader counts as dead. A large event at a slow link makes progress only at its end. */
const PATIENCE = 5;

/** Whether the other end of a connection reads what is written to it, however slowly. */
export class ReadProgress {
  #taken: number;
  #stalled = 0;

  /** Null once the connection is gone. */
  constructor(private readonly socket: Pick<Socket, 'bytesWritten' | 'writableLength'> | null) {
    this.#taken = this.#takenNow();
  }

  /** To be called at each ping while bytes wait to be read: true when none have left this process during the last five. */
  isStalled(): boolean {
    const before = this.#taken;
    this.#taken = this.#takenNow();
    this.#stalled = this.#taken > before ? 0 : this.#stalled + 1;
    return this.#stalled >= PATIENCE;
  }

  #takenNow(): number {
    return this.socket === null ? 0 : this.socket.bytesWritten - this.socket.writableLength;
  }
}

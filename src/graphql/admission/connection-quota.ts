/** Bounds how many connections, or operations, each user has open at a time. */
export class ConnectionQuota {
  readonly #open = new Map<string, number>();

  constructor(readonly perUser: number) {}

  /** Counts one more; returns the function that releases it, which may be called twice, or null when the quota is used up. */
  acquire(username: string): (() => void) | null {
    const open = this.#open.get(username) ?? 0;
    if (open >= this.perUser) return null;
    this.#open.set(username, open + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#open.get(username) ?? 1) - 1;
      if (left === 0) this.#open.delete(username);
      else this.#open.set(username, left);
    };
  }
}

/** How many connections or operations each user has open, and how many it may have. */
export class ConnectionQuota {
  readonly #taken = new Map<string, number>();

  constructor(readonly perUser: number) {}

  /** The function that gives the seat back; null when there is none left. */
  acquire(username: string): (() => void) | null {
    const taken = this.#taken.get(username) ?? 0;
    if (taken >= this.perUser) return null;
    this.#taken.set(username, taken + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#taken.get(username) ?? 1) - 1;
      if (left === 0) this.#taken.delete(username);
      else this.#taken.set(username, left);
    };
  }
}

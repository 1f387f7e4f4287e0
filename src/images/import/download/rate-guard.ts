/** Parts that the window is measured in: a stall is noticed within a twelfth of the window. */
const PARTS = 12;

/**
 * Aborts when less than the lowest rate arrived over a whole window, the connect phase included: a socket that stays open without sending
 * a byte never fails by itself, and one byte a second is no better.
 */
export class RateGuard implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** Bytes of each part of the window, the present one last. */
  #parts: number[] = [0];

  constructor({ minRate, rateWindowMs }: { minRate: number; rateWindowMs: number }) {
    const seconds = rateWindowMs / 1000;
    const least = Math.max(1, minRate * seconds);
    this.#timer = setInterval(() => {
      const arrived = this.#parts.reduce((sum, bytes) => sum + bytes, 0);
      if (this.#parts.length < PARTS) this.#parts.push(0);
      else if (arrived < least) this.#stall(arrived === 0 ? `no byte arrived for ${seconds} s` : `only ${arrived} bytes arrived in ${seconds} s, ${Math.ceil(least)} are the least (IMPORT_MIN_RATE)`);
      else this.#parts = [...this.#parts.slice(1), 0];
    }, rateWindowMs / PARTS);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts bytes that arrived. */
  add(bytes: number): void {
    this.#parts[this.#parts.length - 1] = (this.#parts.at(-1) ?? 0) + bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #stall(reason: string): void {
    clearInterval(this.#timer);
    this.#controller.abort(new Error(reason));
  }
}

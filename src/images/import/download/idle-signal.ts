/** Aborts when `alive` has not been called for `timeoutMs`: a socket that stays open without sending a byte never fails by itself. */
export class IdleSignal implements Disposable {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    const expire = (): void => this.controller.abort(new Error(`no byte arrived for ${timeoutMs / 1000} s`));
    this.timer = setTimeout(expire, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  alive(): void {
    this.timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }
}

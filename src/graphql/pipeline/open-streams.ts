/** The open streams of a transport, which complete when the process stops; one that is opened afterwards completes at once. */
export class OpenStreams {
  readonly #complete = new Set<() => void>();
  #isStopping = false;

  /** Whether the process stops: no operation begins any more on what is open still. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Returns the function that forgets the stream once it has ended. */
  add(complete: () => void): () => void {
    if (this.#isStopping) complete();
    else this.#complete.add(complete);
    return () => void this.#complete.delete(complete);
  }

  completeAll(): void {
    this.#isStopping = true;
    for (const complete of this.#complete) complete();
    this.#complete.clear();
  }
}

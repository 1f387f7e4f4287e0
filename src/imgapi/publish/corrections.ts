import { quoteValue, truncate } from '../../platform/message-text.js';

/** Learns where a published manifest differs from the one that the source gave. */
export interface Corrections {
  leftOut(field: string, reason: string): void;
  shownAs(field: string, shown: unknown, reason: string): void;
}

/** For readers that only want the manifest. */
export const UNREPORTED: Corrections = { leftOut: () => undefined, shownAs: () => undefined };

/** A manifest of 1 MiB can have thousands of faults; a caller needs to see some of them. */
const MAX_SENTENCES = 20;

/** Words the corrections of one manifest, one sentence each, the first twenty of them. */
export class CorrectionSentences implements Corrections {
  readonly #sentences: string[] = [];
  #count = 0;

  leftOut(field: string, reason: string): void {
    this.#add(() => `Compute nodes get the manifest without ${truncate(field)}: ${reason}.`);
  }

  shownAs(field: string, shown: unknown, reason: string): void {
    this.#add(() => `Compute nodes get the manifest with ${truncate(field)} ${quoteValue(shown)}: ${reason}.`);
  }

  get sentences(): string[] {
    const more = this.#count - this.#sentences.length;
    return more === 0 ? [...this.#sentences] : [...this.#sentences, `The manifest for compute nodes has ${more} more corrections.`];
  }

  #add(sentence: () => string): void {
    this.#count += 1;
    if (this.#sentences.length < MAX_SENTENCES) this.#sentences.push(sentence());
  }
}

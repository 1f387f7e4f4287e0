import { isDeepStrictEqual } from 'node:util';
import { type Following, follow, type StreamTransport } from './follow.js';
import type { TestClient } from './gateway.js';

export type Row = Record<string, unknown> & { uuid: string };

/** One list of a client, and how it is kept. */
export interface ListOf {
  /** Arguments of `imageChanged`. */
  args: string;
  /** The fields of an image that it shows. */
  fields: string;
  /** Reads it; null when the viewer may not have it at present. */
  read(client: TestClient): Promise<Row[] | null>;
  /** Whether an image belongs to it. */
  has(row: Row): boolean;
}

const byUuid = (one: Row, other: Row): number => (one.uuid < other.uuid ? -1 : 1);

/** A list as a client has it: read once, and kept right by events alone. It begins anew only when its stream has ended. */
export class LiveList {
  #following: Following | null = null;
  #rows = new Map<string, Row>();
  #applied = 0;
  #ended: string | null = 'not begun';

  constructor(
    readonly name: string,
    private readonly client: TestClient,
    private readonly list: ListOf,
    private readonly transport: StreamTransport,
  ) {}

  /** Waits until it is what a fresh read gives; fails the test when that does not happen. */
  async settle(hint: string): Promise<void> {
    for (const until = performance.now() + 15_000; ; ) {
      const fresh = await this.list.read(this.client);
      if (fresh === null && this.#ended !== null) return;
      if (fresh !== null && this.#ended !== null) await this.#begin();
      const [rows, wanted] = [this.#present(), fresh?.toSorted(byUuid) ?? null];
      if (wanted === null || isDeepStrictEqual(rows, wanted)) return;
      if (performance.now() > until) throw new Error(`${this.name} (${hint}; ended: ${this.#ended}) is ${JSON.stringify(rows, null, 1)}, and should be ${JSON.stringify(wanted, null, 1)}.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    await this.#following?.stop();
  }

  async #begin(): Promise<void> {
    // Nothing but the loss of the datacenter that it listens to ends a stream.
    if (!['not begun', 'NOT_FOUND'].includes(String(this.#ended))) throw new Error(`The stream of ${this.name} ended with ${this.#ended}.`);
    await this.stop();
    const query = `subscription { imageChanged(${this.list.args}) { kind uuid name image { ${this.list.fields} } } }`.replace('()', '');
    const following = await follow(this.transport, this.client.url, this.client.key ?? '', query);
    this.#following = following;
    this.#ended = null;
    void following.ended.then((how) => (this.#ended = how));
    this.#rows = new Map((await this.list.read(this.client))?.map((row) => [row.uuid, row]));
    this.#applied = 0;
  }

  #present(): Row[] {
    const events = this.#following?.events ?? [];
    for (; this.#applied < events.length; this.#applied += 1) {
      const { kind, uuid, image } = events[this.#applied]!.imageChanged as { kind: string; uuid: string; image: Row | null };
      if ((image === null) !== (kind === 'HIDDEN' || kind === 'DELETED')) throw new Error(`${this.name} was told ${kind} of ${JSON.stringify(image)}.`);
      if (image !== null && this.list.has(image)) this.#rows.set(uuid, image);
      else this.#rows.delete(uuid);
    }
    return [...this.#rows.values()].sort(byUuid);
  }
}

import type { FetchResponse } from '../platform/fetch/fetch.js';
import { LIST_LIMITS, ListFault } from './list-scanner.js';
import { UuidTable } from '../platform/memory/uuid-table.js';
import { type ListEntry, readManifestList } from './manifest-list.js';

/** A server that pages never sends fewer than this on a page that is not the last. */
const PAGE_SIZE = 1000;
const UUID_LENGTH = 36;

export interface PagedEntries {
  entries: AsyncGenerator<ListEntry[]>;
  /** True when the first answer was a part of the list only; known after the last entry. */
  isPaged(): boolean;
}

type AskPage = (query: Record<string, string>) => Promise<FetchResponse>;

/**
 * The entries of all pages, each image once. Asks on with the last uuid as an inclusive marker while pages are full;
 * ends at a short page, an unchanged marker, or a page that brings nothing new – so it also ends at a server that
 * ignores the question and answers the same whole list again.
 */
export function paginateEntries(first: FetchResponse, ask: AskPage): PagedEntries {
  const pages = new Pages(first, ask);
  return { entries: pages.read(), isPaged: () => pages.paged };
}

class Pages {
  paged = false;
  #total = 0;

  constructor(
    private readonly first: FetchResponse,
    private readonly ask: AskPage,
  ) {}

  async *read(): AsyncGenerator<ListEntry[]> {
    using seen = new SeenUuids();
    let page = yield* this.#readPage(this.first, null, seen);
    // A full first page may be the first of many tomorrow, even if it is the only one today.
    this.paged = page.count > 0 && page.count % PAGE_SIZE === 0;
    let marker: string | null = null;
    while (page.count >= PAGE_SIZE && page.fresh > 0 && page.last !== null && page.last !== marker) {
      marker = page.last;
      page = yield* this.#readPage(await this.ask({ marker, limit: String(PAGE_SIZE) }), marker, seen);
      if (page.isWholeListAgain) this.paged = false;
      if (page.fresh > 0) this.paged = true;
    }
  }

  async *#readPage(answer: FetchResponse, marker: string | null, seen: SeenUuids): AsyncGenerator<ListEntry[], PageEnd> {
    const end: PageEnd = { count: 0, fresh: 0, last: null, isWholeListAgain: false };
    for await (const entries of readManifestList(answer.body)) {
      const unread = entries.filter((entry) => this.#isUnread(entry, marker, end, seen));
      if (end.isWholeListAgain) return end;
      yield unread;
    }
    return end;
  }

  /** Counts an entry of a page; false for what an earlier page had, and on the way into the whole list again. */
  #isUnread(entry: ListEntry, marker: string | null, end: PageEnd, seen: SeenUuids): boolean {
    if (end.isWholeListAgain) return false;
    end.count += 1;
    this.#total += 1;
    if (this.#total > LIST_LIMITS.entries) throw new ListFault(`the list has more than ${LIST_LIMITS.entries} entries`);
    const uuid = entry.ok ? uuidOf(entry.value) : null;
    if (uuid === null) return true;
    const isKnown = !seen.add(uuid);
    if (marker !== null && end.count === 1 && isKnown && uuid !== marker) {
      end.isWholeListAgain = true;
      return false;
    }
    end.last = uuid;
    if (!isKnown) end.fresh += 1;
    return !isKnown || marker === null;
  }
}

/** A uuid may be written in any way here; those written the usual way take little memory. */
class SeenUuids implements Disposable {
  readonly #usual = new UuidTable();
  readonly #others = new Set<string>();

  [Symbol.dispose](): void {
    this.#usual[Symbol.dispose]();
    this.#others.clear();
  }

  /** False when it was there. */
  add(uuid: string): boolean {
    const added = this.#usual.addIfUuid(uuid);
    if (added !== null) return added.isNew;
    return this.#others.size < this.#others.add(uuid).size;
  }
}

interface PageEnd {
  count: number;
  fresh: number;
  last: string | null;
  isWholeListAgain: boolean;
}

function uuidOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('uuid' in value)) return null;
  return typeof value.uuid === 'string' && value.uuid.length === UUID_LENGTH ? value.uuid : null;
}

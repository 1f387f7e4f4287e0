import type { FetchResponse } from '../platform/fetch/fetch.js';
import { LIST_LIMITS, ListFault } from './list-scanner.js';
import { UuidTable } from '../platform/memory/uuid-table.js';
import { type ListEntry, readManifestList } from './manifest-list.js';

/** Images per page; a server that paginates sends fewer only on the last page. */
const PAGE_SIZE = 1000;
const UUID_LENGTH = 36;

export interface PagedEntries {
  entries: AsyncGenerator<ListEntry[]>;
  /** True when the first response was only a part of the list; known after the last entry. */
  isPaged(): boolean;
}

type FetchPage = (query: Record<string, string>) => Promise<FetchResponse>;

/**
 * Reads the entries of all pages, each image once. Requests further pages with the last uuid as an inclusive marker while pages are
 * full; stops at a short page, at an unchanged marker, and at a page without new images, and so also at a server that ignores the
 * marker and sends the whole list again.
 */
export function paginateEntries(first: FetchResponse, fetchPage: FetchPage): PagedEntries {
  const pages = new Pages(first, fetchPage);
  return { entries: pages.read(), isPaged: () => pages.isPaged };
}

class Pages {
  isPaged = false;
  #total = 0;

  constructor(
    private readonly first: FetchResponse,
    private readonly fetchPage: FetchPage,
  ) {}

  async *read(): AsyncGenerator<ListEntry[]> {
    using seen = new SeenUuids();
    let page = yield* this.#readPage(this.first, null, seen);
    // A full first page counts as paginated even if it is the only one: tomorrow a second one may follow it.
    this.isPaged = page.count > 0 && page.count % PAGE_SIZE === 0;
    let marker: string | null = null;
    while (page.count >= PAGE_SIZE && page.fresh > 0 && page.last !== null && page.last !== marker) {
      marker = page.last;
      page = yield* this.#readPage(await this.fetchPage({ marker, limit: String(PAGE_SIZE) }), marker, seen);
      if (page.isWholeListAgain) this.isPaged = false;
      if (page.fresh > 0) this.isPaged = true;
    }
  }

  async *#readPage(response: FetchResponse, marker: string | null, seen: SeenUuids): AsyncGenerator<ListEntry[], PageEnd> {
    const end: PageEnd = { count: 0, fresh: 0, last: null, isWholeListAgain: false };
    for await (const entries of readManifestList(response.body)) {
      const unread = entries.filter((entry) => this.#isUnread(entry, marker, end, seen));
      if (end.isWholeListAgain) return end;
      yield unread;
    }
    return end;
  }

  /** Counts an entry of a page; returns false for an entry of an earlier page, and once the server sends the whole list again. */
  #isUnread(entry: ListEntry, marker: string | null, end: PageEnd, seen: SeenUuids): boolean {
    if (end.isWholeListAgain) return false;
    end.count += 1;
    this.#total += 1;
    if (this.#total > LIST_LIMITS.entries) throw new ListFault(`the list has more than ${LIST_LIMITS.entries} entries`);
    const uuid = entry.ok ? uuidOf(entry.value) : null;
    if (uuid === null) return true;
    const isSeen = !seen.add(uuid);
    if (marker !== null && end.count === 1 && isSeen && uuid !== marker) {
      end.isWholeListAgain = true;
      return false;
    }
    end.last = uuid;
    if (!isSeen) end.fresh += 1;
    return !isSeen || marker === null;
  }
}

/** The uuids read so far, in any notation; those in the usual one take little memory. */
class SeenUuids implements Disposable {
  readonly #usual = new UuidTable();
  readonly #others = new Set<string>();

  [Symbol.dispose](): void {
    this.#usual[Symbol.dispose]();
    this.#others.clear();
  }

  /** Returns false for a uuid that was added before. */
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

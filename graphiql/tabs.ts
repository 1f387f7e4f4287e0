import type { TourStep } from './steps';
import { localStore, sessionStore, tabStore } from './storage';

/** A tab as GraphiQL stores it. */
export interface StoredTab {
  id: string;
  title: string;
  query: string | null;
  variables: string | null;
  headers: string | null;
  operationName: string | null;
  hash: null;
  response: null;
}

/** A tab as GraphiQL or an older version of this page wrote it. */
export type WrittenTab = Partial<Omit<StoredTab, 'hash' | 'response'>>;

export interface StoredTabs {
  tabs: readonly StoredTab[];
  activeTabIndex: number;
}

/** What of a tab is written by hand. */
type TabText = Pick<StoredTab, 'query' | 'variables'>;

/** Where GraphiQL stores tabs. */
export const TABS = 'graphiql:tabState';
const STEPS = 'tour-steps';

/** Every tab that was one of ours: one that is no longer there was closed, and is not that of another tab of the browser. */
const seen = new Set<string>();

/**
 * The tabs of this tab of the browser; in a new one, copies of all that the last visits left. Null when there are none, or when they
 * cannot be read.
 */
export function readTabs(): StoredTabs | null {
  const own = parseTabs(sessionStore.getItem(TABS));
  const found = own ?? copyOf(parseTabs(localStore.getItem(TABS)));
  for (const { id } of found?.tabs ?? []) seen.add(id);
  if (own === null && found !== null) writeTabs(found);
  return found;
}

/** Remembers the tabs for a reload, and for later visits beside those that other tabs of the browser have edited. */
export function writeTabs(own: StoredTabs): void {
  for (const { id } of own.tabs) seen.add(id);
  sessionStore.setItem(TABS, JSON.stringify(own));
  const known = rememberedSteps();
  const others = (parseTabs(localStore.getItem(TABS))?.tabs ?? []).filter(
    (tab) => !seen.has(tab.id) && isEdited(tab, known) && !own.tabs.some((mine) => sameText(mine.query, tab.query) && sameText(mine.variables, tab.variables)),
  );
  localStore.setItem(TABS, JSON.stringify({ ...own, tabs: [...own.tabs, ...others] }));
}

/** Opens the steps as tabs, the first of them in front, and behind them the tabs that were edited. */
export function openSteps(steps: readonly TourStep[], edited: readonly StoredTab[]): void {
  tabStore.setItem(STEPS, JSON.stringify(steps));
  writeTabs({ activeTabIndex: 0, tabs: [...steps.map(tabOf), ...edited] });
}

/** The steps that were opened as tabs last, which another version of this page may have had; null when they cannot be read. */
export function rememberedSteps(): readonly TourStep[] {
  try {
    const steps: unknown = JSON.parse(tabStore.getItem(STEPS) ?? '');
    return Array.isArray(steps) ? (steps as TourStep[]) : [];
  } catch {
    return [];
  }
}

/** Whether a tab holds something of its user: neither empty nor a step of a tour as it came. */
export function isEdited({ query, variables }: TabText, known: readonly TourStep[]): boolean {
  if (sameText(query, null)) return false;
  return !known.some((step) => sameText(step.query, query) && (sameText(step.variables, variables) || sameText(variables, null)));
}

/** Reads tabs as GraphiQL or this page wrote them, without answers, and without headers unless `withHeaders`: they may hold tokens. */
export function storable({ tabs, activeTabIndex }: { tabs: readonly WrittenTab[]; activeTabIndex: number }, withHeaders: boolean): StoredTabs {
  return {
    activeTabIndex,
    tabs: tabs.map(({ id, title, query, variables, headers, operationName }) => ({
      id: id ?? newTabId(),
      title: title ?? '<untitled>',
      query: query ?? null,
      variables: variables ?? null,
      headers: withHeaders ? (headers ?? null) : null,
      operationName: operationName ?? null,
      hash: null,
      response: null,
    })),
  };
}

/** Reads the text of stored tabs; null when it holds none. */
export function parseTabs(text: string | null): StoredTabs | null {
  try {
    const { tabs, activeTabIndex } = JSON.parse(text ?? '') as { tabs?: unknown; activeTabIndex?: unknown };
    if (!Array.isArray(tabs) || tabs.length === 0) return null;
    return storable({ tabs: tabs as WrittenTab[], activeTabIndex: typeof activeTabIndex === 'number' ? activeTabIndex : 0 }, true);
  } catch {
    return null;
  }
}

function copyOf(stored: StoredTabs | null): StoredTabs | null {
  return stored && { ...stored, tabs: stored.tabs.map((tab) => ({ ...tab, id: newTabId() })) };
}

function sameText(one: string | null, other: string | null): boolean {
  return (one ?? '').replace(/\s+/g, '') === (other ?? '').replace(/\s+/g, '');
}

// Over plain HTTP a page has no crypto.randomUUID.
function newTabId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function tabOf({ query, variables }: TourStep): StoredTab {
  const name = /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? null;
  return { id: newTabId(), title: name ?? '<untitled>', query, variables, operationName: name, headers: null, hash: null, response: null };
}

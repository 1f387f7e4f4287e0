import { localStore, sessionStore } from './storage';
import { parseTabs, readTabs, storable, TABS, type WrittenTab, writeTabs } from './tabs';

/** The texts of the tab in front, which GraphiQL stores a second time, and at another moment than the tab. */
const OF_THE_TAB: Readonly<Record<string, 'query' | 'variables' | 'headers'>> = {
  'graphiql:query': 'query',
  'graphiql:variables': 'variables',
  'graphiql:headers': 'headers',
};
/** What was run, with the headers it was run with. */
const HISTORIES: readonly string[] = ['graphiql:queries', 'graphiql:favorites'];

let isClosed = false;
let onScreen: { tabs: readonly WrittenTab[]; activeTabIndex: number } | null = null;

/** Takes the tabs as they are on the screen: GraphiQL stores them only half a second later. */
export function noteTabs(tabs: readonly WrittenTab[], activeTabIndex: number): void {
  if (!isClosed) onScreen = { tabs, activeTabIndex };
}

/** Stores the tabs as they are on the screen. */
export function storeTabsNow(): void {
  if (onScreen !== null && !isClosed) writeTabs(storable(onScreen, keepsHeaders()));
}

/** From now on the tabs are those of the store, not those on the screen, which GraphiQL still writes late; `reopenStorage` ends it. */
export function closeStorage(): void {
  isClosed = true;
  onScreen = null;
}

/** Lets GraphiQL write again. */
export function reopenStorage(): void {
  isClosed = false;
}

/** What GraphiQL remembers: tabs, history, layout. Headers, which may hold tokens, only when the person has asked for it in the settings. */
export const editorStorage = {
  getItem(key: string): string | null {
    if (key === TABS) return JSON.stringify(readTabs());
    const part = OF_THE_TAB[key];
    if (part === undefined) return localStore.getItem(key);
    const stored = readTabs();
    return stored?.tabs[stored.activeTabIndex]?.[part] ?? null;
  },
  setItem(key: string, value: string): void {
    if (isClosed || key in OF_THE_TAB) return;
    if (key === TABS) {
      const tabs = parseTabs(value);
      if (tabs !== null) writeTabs(storable(tabs, keepsHeaders()));
      return;
    }
    const text = HISTORIES.includes(key) && !keepsHeaders() ? withoutHeaders(value) : value;
    // GraphiQL shortens its history and tries again.
    if (!localStore.setItem(key, text) && localStore.isLasting) throw new DOMException('The storage of the browser is full.', 'QuotaExceededError');
  },
  removeItem: (key: string): void => localStore.removeItem(key),
  clear(): void {
    for (const key of localStore.keys()) localStore.removeItem(key);
    sessionStore.removeItem(TABS);
    onScreen = null;
  },
  get length(): number {
    return localStore.keys().length;
  },
};

function keepsHeaders(): boolean {
  return localStore.getItem('graphiql:shouldPersistHeaders') === 'true';
}

function withoutHeaders(history: string): string {
  return JSON.stringify(JSON.parse(history, (key, value: unknown) => (key === 'headers' ? undefined : value)));
}

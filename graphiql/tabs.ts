import { editorStorage } from './storage';

/** One tab of a tour: an operation whose first line says what it shows, and the variables it is run with. */
export interface TourStep {
  query: string;
  variables: string | null;
}

/** A tab as GraphiQL stores it. */
export interface StoredTab {
  query?: string | null;
  variables?: string | null;
}

const WITHOUT_ANSWER = { headers: null, hash: null, response: null };
const TABS = 'graphiql:tabState';

let open: readonly StoredTab[] | null = null;

/** Takes the tabs as they are on the screen: GraphiQL stores them only a moment later. */
export function noteTabs(tabs: readonly StoredTab[]): void {
  open = tabs;
}

/** The tabs on the screen, else those of the last visit; null when there was none, or when they cannot be read. */
export function rememberedTabs(): readonly StoredTab[] | null {
  if (open !== null) return open;
  try {
    const { tabs } = JSON.parse(editorStorage.getItem(TABS) ?? '') as { tabs?: unknown };
    return Array.isArray(tabs) ? (tabs as StoredTab[]) : null;
  } catch {
    return null;
  }
}

function sameText(one: string | null | undefined, other: string | null | undefined): boolean {
  return (one ?? '').replace(/\s+/g, '') === (other ?? '').replace(/\s+/g, '');
}

/** Whether a tab holds something of its user: neither empty nor a step of a tour as it came. */
export function isEdited({ query, variables }: StoredTab, known: readonly TourStep[]): boolean {
  if (sameText(query, null)) return false;
  return !known.some((step) => sameText(step.query, query) && (sameText(step.variables, variables) || sameText(variables, null)));
}

/** What GraphiQL finds at its next load: the steps, the first of them open, and behind them the tabs that were edited. */
export function rememberTabs(steps: readonly TourStep[], edited: readonly StoredTab[]): void {
  const [first] = steps;
  if (edited.length === 0) editorStorage.removeItem(TABS);
  else editorStorage.setItem(TABS, JSON.stringify({ activeTabIndex: 0, tabs: [...steps.map(tabOf), ...edited.map(withoutAnswer)] }));
  // GraphiQL fills the editors of the first tab from these two, not from the tab: without them its variables stay empty.
  editorStorage.setItem('graphiql:query', first?.query ?? '');
  editorStorage.setItem('graphiql:variables', first?.variables ?? '');
}

/** As GraphiQL wants it: with null where there is nothing, and without what may be long or secret. */
function withoutAnswer(tab: StoredTab): StoredTab {
  return { ...tab, query: tab.query ?? null, variables: tab.variables ?? null, ...WITHOUT_ANSWER };
}

// Over plain HTTP a page has no crypto.randomUUID.
function tabId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function tabOf({ query, variables }: TourStep): StoredTab & Record<string, unknown> {
  const name = /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? null;
  return { id: tabId(), title: name ?? '<untitled>', query, variables, operationName: name, ...WITHOUT_ANSWER };
}

import { editorStorage } from './storage';
import { isEdited, rememberedTabs, rememberTabs, type TourStep } from './tabs';
import type { Caller } from './who-am-i';

/** Whose tasks a tour shows; the folder of its steps, and what the chooser calls it. */
export const TOURS = {
  operator: 'operators',
  'image-admin': 'image admins',
  importer: 'importers',
  user: 'everybody',
  platform: 'platform teams',
} as const;
export type Tour = keyof typeof TOURS;

/** Whose tour the person has chosen, and whose is open. */
const CHOSEN = 'tour';
const OPENED = 'tour-opened';
const DATACENTER = 'tour-datacenter';
const operations = import.meta.glob<string>('./tour/*/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./tour/*/*.variables.json', { query: '?raw', import: 'default', eager: true });

/** The tour in the order of its file names: a step is `NN-name.graphql`, and `NN-name.variables.json` where it takes any; `main` is the caller's datacenter. */
export function stepsOf(tour: Tour, datacenter = editorStorage.getItem(DATACENTER) ?? 'main'): TourStep[] {
  return Object.keys(operations)
    .filter((path) => path.startsWith(`./tour/${tour}/`))
    .toSorted()
    .map((path) => ({
      query: operations[path] ?? '',
      variables: variables[path.replace('.graphql', '.variables.json')]?.replaceAll('"main"', JSON.stringify(datacenter)) ?? null,
    }));
}

/** The tour that fits what somebody may do. */
function tourOf({ isSuperAdmin, permissions }: Caller): Tour {
  if (isSuperAdmin) return 'operator';
  if (!permissions.includes('ADMIN') || !permissions.includes('IMAGE_ADMIN')) return 'user';
  return permissions.includes('IMAGE_IMPORT_ADMIN') ? 'importer' : 'image-admin';
}

function storedTour(key: string): Tour | null {
  const tour = editorStorage.getItem(key);
  return tour !== null && Object.hasOwn(TOURS, tour) ? (tour as Tour) : null;
}

/** The tour that is open. */
export function openedTour(): Tour {
  return storedTour(OPENED) ?? storedTour(CHOSEN) ?? 'operator';
}

/** Opens the tour that fits the caller, unless it is open already or another one was chosen; null: nobody is signed in. Answers whether the tabs are others now. */
export function beginTour(caller: Caller | null): boolean {
  const tour = storedTour(CHOSEN) ?? (caller === null ? openedTour() : tourOf(caller));
  if (rememberedTabs() !== null && tour === storedTour(OPENED)) return false;
  if (caller !== null) editorStorage.setItem(DATACENTER, caller.currentDatacenter);
  openTour(tour);
  return true;
}

/** Opens a tour from its first step, and keeps to it from now on. Tabs that were edited stay, behind those of the tour; history and theme stay too. */
export function startTour(tour: Tour): void {
  editorStorage.setItem(CHOSEN, tour);
  openTour(tour);
}

function openTour(tour: Tour): void {
  const known = Object.keys(TOURS).flatMap((name) => stepsOf(name as Tour));
  const edited = (rememberedTabs() ?? []).filter((tab) => isEdited(tab, known));
  editorStorage.setItem(OPENED, tour);
  rememberTabs(stepsOf(tour), edited);
}

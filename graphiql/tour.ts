import { editorStorage } from './storage';

/** One tab: an operation whose first line says what it shows, and the variables it is run with. */
export interface TourStep {
  query: string;
  variables: string | null;
}

/** Whose tasks a tour shows; the folder of its steps, and what the chooser calls it. */
export const TOURS = {
  operator: 'operators',
  'image-admin': 'image admins',
  importer: 'importers',
  user: 'everybody',
  platform: 'platform teams',
} as const;
export type Tour = keyof typeof TOURS;

const CHOSEN = 'tour';
const operations = import.meta.glob<string>('./tour/*/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./tour/*/*.variables.json', { query: '?raw', import: 'default', eager: true });

/** The tour in the order of its file names: a step is `NN-name.graphql`, and `NN-name.variables.json` where it takes any. */
export function stepsOf(tour: Tour): TourStep[] {
  return Object.keys(operations)
    .filter((path) => path.startsWith(`./tour/${tour}/`))
    .toSorted()
    .map((path) => ({
      query: operations[path] ?? '',
      variables: variables[path.replace('.graphql', '.variables.json')] ?? null,
    }));
}

export function chosenTour(): Tour {
  const chosen = editorStorage.getItem(CHOSEN);
  return chosen !== null && Object.hasOwn(TOURS, chosen) ? (chosen as Tour) : 'operator';
}

/** Opens the tour where no tabs are remembered from an earlier visit. */
export function beginTour(): void {
  if (editorStorage.getItem('graphiql:tabState') === null) startTour(chosenTour());
}

/** Forgets the tabs, edited ones too, so that the next load shows this tour from its first step; history and theme stay. */
export function startTour(tour: Tour): void {
  const [first] = stepsOf(tour);
  editorStorage.setItem(CHOSEN, tour);
  editorStorage.removeItem('graphiql:tabState');
  // GraphiQL fills the editors of the first tab from these two, not from the tab: without them its variables stay empty.
  editorStorage.setItem('graphiql:query', first?.query ?? '');
  editorStorage.setItem('graphiql:variables', first?.variables ?? '');
}

import { editorStorage } from './storage';

/** One tab: an operation whose first line says what it shows, and the variables it is run with. */
export interface TourStep {
  query: string;
  variables: string | null;
}

const operations = import.meta.glob<string>('./tour/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./tour/*.variables.json', { query: '?raw', import: 'default', eager: true });

/** The tour in the order of its file names: a step is `NN-name.graphql`, and `NN-name.variables.json` where it takes any. */
export const tour: TourStep[] = Object.keys(operations)
  .toSorted()
  .map((path) => ({
    query: operations[path] ?? '',
    variables: variables[path.replace('.graphql', '.variables.json')] ?? null,
  }));

/** Opens the tour where no tabs are remembered from an earlier visit. */
export function beginTour(): void {
  if (editorStorage.getItem('graphiql:tabState') === null) restartTour();
}

/** Forgets the tabs, edited ones too, so that the next load shows the tour from its first step; history and theme stay. */
export function restartTour(): void {
  editorStorage.removeItem('graphiql:tabState');
  // GraphiQL fills the editors of the first tab from these two, not from the tab: without them its variables stay empty.
  editorStorage.setItem('graphiql:query', tour[0]?.query ?? '');
  editorStorage.setItem('graphiql:variables', tour[0]?.variables ?? '');
}

import { withSample } from './sample';

/** Whose tasks a tour shows; the folder of its steps, and what the chooser calls it. */
export const TOURS = {
  operator: 'operators',
  'dc-admin': 'datacenter admins',
  'image-admin': 'image admins',
  importer: 'importers',
  user: 'everybody',
  platform: 'platform teams',
} as const;
export type Tour = keyof typeof TOURS;

/** One tab of a tour: an operation whose first line says what it shows, and the variables it is run with. */
export interface TourStep {
  query: string;
  variables: string | null;
}

const operations = import.meta.glob<string>('./tour/*/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('./tour/*/*.variables.json', { query: '?raw', import: 'default', eager: true });

/** The tour in the order of its file names: a step is `NN-name.graphql`, and `NN-name.variables.json` where it takes any. */
export function stepsOf(tour: Tour): TourStep[] {
  return Object.keys(operations)
    .filter((path) => path.startsWith(`./tour/${tour}/`))
    .toSorted()
    .map((path) => {
      const values = variables[path.replace('.graphql', '.variables.json')];
      return { query: operations[path] ?? '', variables: values === undefined ? null : withSample(values) };
    });
}

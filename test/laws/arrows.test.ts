import { describe, expect, it } from 'vitest';
import { cycleAmong } from './cycles.js';
import { filesUnder, importsOf } from './sources.js';

interface Import {
  from: string;
  to: string;
}

// Outside in: each level may import the levels after it, never one before it, and nothing beside it.
const levels = [
  ['main'],
  ['demo'],
  ['app', 'cli'],
  ['first', 'start'],
  ['config', 'entities'],
  ['graphql', 'image-server'],
  ['datacenters', 'images', 'repositories', 'virtual-servers'],
  ['access', 'tasks', 'imgapi'],
  ['platform'],
];
// Among the features, to the left only.
const features = ['datacenters', 'images', 'repositories', 'virtual-servers'];
// A task's visibility asks the viewer; who asks knows nothing of tasks.
const besides: Import[] = [{ from: 'tasks', to: 'access' }];
// Inside graphql/: transports run the pipeline and compiled operations, which ask admission, which knows the schema.
const graphqlLevels = [['server'], ['pipeline', 'compiled'], ['admission'], ['schema']];
const readersOfConfig = ['main', 'app', 'cli', 'demo', 'start', 'config'];

const files = filesUnder(['src'], ['.ts']);
const imports: Import[] = files.flatMap((file) => importsOf(file).map((to) => ({ from: file.path, to })));

/** The folder under src/, or the first word of a file that stands in src/ itself: `config` for config-table.ts. */
function partOf(path: string): string {
  const [, first = '', second] = path.split('/');
  return second === undefined ? (first.split(/[-.]/)[0] ?? '') : first;
}

function levelOf(part: string): number {
  return levels.findIndex((level) => level.includes(part));
}

/** The folder below src/graphql/; null for a file elsewhere. */
function graphqlFolderOf(path: string): string | null {
  return /^src\/graphql\/([^/]+)\//.exec(path)?.[1] ?? null;
}

/** Whether an import between two folders below src/graphql/ points down. */
function isAllowedInGraphql(source: string, target: string): boolean {
  const [above = -1, below = -1] = [source, target].map((folder) => graphqlLevels.findIndex((level) => level.includes(folder)));
  return source === target || (above !== -1 && above < below);
}

function isAllowed({ from, to }: Import): boolean {
  const [above, below] = [graphqlFolderOf(from), graphqlFolderOf(to)];
  if (above !== null && below !== null) return isAllowedInGraphql(above, below);
  if (areBoth(/\.entity\.ts$/, from, to) || areBoth(/\.type\.ts$/, from, to)) return true;
  const [source, target] = [partOf(from), partOf(to)];
  if (source === target) return true;
  if (target === 'config') return readersOfConfig.includes(source);
  if (features.includes(source) && features.includes(target)) return features.indexOf(target) < features.indexOf(source);
  return levelOf(source) < levelOf(target) || besides.some((pair) => pair.from === source && pair.to === target);
}

function areBoth(ending: RegExp, from: string, to: string): boolean {
  return ending.test(from) && ending.test(to);
}

function written({ from, to }: Import): string {
  return `${from} -> ${to}`;
}

describe('the arrows between the folders', () => {
  it('knows the level of every folder', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.map((file) => partOf(file.path)).filter((part) => levelOf(part) === -1)).toEqual([]);
    expect(files.map((file) => graphqlFolderOf(file.path)).filter((folder) => folder !== null && !graphqlLevels.flat().includes(folder))).toEqual([]);
  });

  it('never point up, aside, or to the right among the features', () => {
    expect(imports.filter((each) => !isAllowed(each)).map(written)).toEqual([]);
  });

  it('lead to files that exist', () => {
    const known = new Set(files.map((file) => file.path));
    expect(imports.filter(({ to }) => !known.has(to)).map(written)).toEqual([]);
  });

  it('form no circle, except among entities and among types, which name each other', () => {
    const graph = imports.filter(({ from, to }) => !areBoth(/\.entity\.ts$/, from, to) && !areBoth(/\.type\.ts$/, from, to));
    expect(cycleAmong(graph)).toEqual([]);
  });

  it('would be seen if they pointed the wrong way', () => {
    expect(isAllowed({ from: 'src/platform/database/list/page.ts', to: 'src/images/image.type.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/images/image.service.ts', to: 'src/repositories/refresh/list-diff.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/tasks/worker.ts', to: 'src/images/image.entity.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/app.ts', to: 'src/demo/world.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/graphql/server/graphql-server.ts', to: 'src/config/config.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/graphql/pipeline/operation-pipeline.ts', to: 'src/graphql/server/streams/stream-transport.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/graphql/compiled/compile-query.ts', to: 'src/graphql/pipeline/public-errors.ts' })).toBe(false);
    expect(isAllowed({ from: 'src/graphql/schema/schema.ts', to: 'src/graphql/admission/admission.ts' })).toBe(false);
    expect(cycleAmong([{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }, { from: 'c', to: 'b' }])).toEqual(['b', 'c', 'b']);
  });
});

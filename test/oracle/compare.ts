import type { Answer } from '../support/gateway.js';
import type { Model } from './model.js';
import type { Operation } from '../fuzz/operations.js';

type Path = readonly (string | number)[];

interface Told {
  path?: Path | undefined;
  code: unknown;
}

/** The place where an error left its null: everything below it was never answered. */
function nullAt(data: unknown, path: Path): string {
  let at: unknown = data;
  const walked: (string | number)[] = [];
  for (const step of path) {
    if (at === null || typeof at !== 'object') break;
    at = (at as Record<string | number, unknown>)[step];
    walked.push(step);
  }
  return walked.join('.');
}

/** One line per null that an error explains. An executor may or may not go on below a null, so what is below counts once. */
function refusals(data: unknown, errors: readonly Told[]): string[] {
  const lines = errors.map(({ path = [], code }) => {
    const place = nullAt(data, path);
    const isExact = place === path.join('.');
    return `${place}: ${isExact ? String(code) : 'refused below'}`;
  });
  return [...new Set(lines)].sort();
}

/** Of a manifest only whose it is; the rest is no matter of who sees it. */
function withoutManifests(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutManifests);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isManifest = /(^|_)manifest$/.test(key) && inner !== null;
      return [key, isManifest ? { uuid: (inner as { uuid: string }).uuid } : withoutManifests(inner)];
    }),
  );
}

interface Comparable {
  data: unknown;
  refusals: string[];
}

export function given(answer: Answer): Comparable {
  const data = withoutManifests(answer.data);
  return { data, refusals: refusals(data, answer.errors.map(({ path, extensions }) => ({ path, code: extensions.code }))) };
}

/** What the rules say, in the same shape. */
export function expected(model: Model, { query, variables }: Operation): Comparable {
  const { data = null, errors = [] } = model.answer(query, variables);
  const plain = JSON.parse(JSON.stringify(data)) as unknown;
  return { data: plain, refusals: refusals(plain, errors.map(({ path, extensions, message }) => ({ path, code: extensions.code ?? message }))) };
}

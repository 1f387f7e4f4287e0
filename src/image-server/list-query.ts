import type { Json } from '../images/shown-manifest.js';
import { type ImgapiError, type ImgapiFieldError, imgapiErrorOf } from '../imgapi/errors.js';

const STATES = ['active', 'disabled', 'unactivated', 'all', 'creating', 'failed'];
const SORTS = ['published_at', 'published_at.asc', 'published_at.desc'];
const MOST_IMAGES = 1000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a ListImages request asks for. */
export interface ListQuery {
  matches: (manifest: Json) => boolean;
  /** Null: no limit. */
  limit: number | null;
  descending: boolean;
  /** Begin at this image (a uuid), itself included, or at this instant (milliseconds). */
  marker: string | number | null;
}

type Parameters = Readonly<Record<string, string | string[] | undefined>>;
type Test = (manifest: Json) => boolean;

/** `~part` finds a part, everything else the whole; case matters. */
function textTest(field: 'name' | 'version', wanted: string): Test {
  if (wanted.startsWith('~')) return (manifest) => String(manifest[field] ?? '').includes(wanted.slice(1));
  return (manifest) => manifest[field] === wanted;
}

function typeTest(wanted: string): Test {
  return wanted.startsWith('!') ? (manifest) => manifest.type !== wanted.slice(1) : (manifest) => manifest.type === wanted;
}

function tagTest(key: string, wanted: string): Test {
  return (manifest) => {
    const tags = (manifest.tags ?? {}) as Json;
    // What every object inherits, such as `constructor`, is no tag.
    if (!Object.hasOwn(tags, key)) return false;
    const value = tags[key];
    return typeof value === 'object' ? wanted === '' : String(value) === wanted;
  };
}

function testsOf(parameters: Parameters): Test[] {
  const tests: Test[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    // A parameter given twice matches nothing, as with the reference server.
    if (Array.isArray(value)) tests.push(() => false);
    else if (name === 'name' || name === 'version') tests.push(textTest(name, value));
    else if (name === 'os' || name === 'owner') tests.push((manifest) => manifest[name] === value);
    else if (name === 'type') tests.push(typeTest(value));
    else if (name === 'public') tests.push((manifest) => String(manifest.public) === value);
    else if (name.startsWith('tag.')) tests.push(tagTest(name.slice('tag.'.length), value));
  }
  const state = typeof parameters.state === 'string' ? parameters.state : 'active';
  if (state !== 'all') tests.push((manifest) => manifest.state === state);
  return tests;
}

function faultsOf({ state, limit, sort, public: isPublic, marker }: Parameters): ImgapiFieldError[] {
  const faults: ImgapiFieldError[] = [];
  const refuse = (field: string, message: string): void => void faults.push({ field, code: 'Invalid', message });
  if (typeof state === 'string' && !STATES.includes(state)) refuse('state', `must be one of ${STATES.join(', ')}`);
  if (typeof limit === 'string' && !/^[1-9]\d{0,8}$/.test(limit)) refuse('limit', 'must be a positive integer');
  if (typeof sort === 'string' && !SORTS.includes(sort)) refuse('sort', `must be one of ${SORTS.join(', ')}`);
  if (typeof isPublic === 'string' && !['true', 'false'].includes(isPublic)) refuse('public', 'must be true or false');
  if (typeof marker === 'string' && !UUID.test(marker) && Number.isNaN(Date.parse(marker))) refuse('marker', 'must be a uuid or a date');
  return faults;
}

function markerOf(marker: Parameters[string]): string | number | null {
  if (typeof marker !== 'string') return null;
  return UUID.test(marker) ? marker : Date.parse(marker);
}

/** The query of ListImages, or the error to answer; parameters that it does not know are ignored. */
export function readListQuery(parameters: Parameters): ListQuery | ImgapiError {
  const faults = faultsOf(parameters);
  if (faults.length > 0) return imgapiErrorOf('InvalidParameter', faults.map((fault) => `invalid "${fault.field}": ${fault.message}`).join('; '), faults);
  const tests = testsOf(parameters);
  return {
    matches: (manifest) => tests.every((test) => test(manifest)),
    limit: typeof parameters.limit === 'string' ? Math.min(Number(parameters.limit), MOST_IMAGES) : null,
    descending: parameters.sort === 'published_at.desc',
    marker: markerOf(parameters.marker),
  };
}

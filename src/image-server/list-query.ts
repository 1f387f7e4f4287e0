import { IMAGE_ACCESS } from '../images/image.entity.js';
import type { Json } from '../images/manifest/shown-manifest.js';
import { type ImgapiError, type ImgapiFieldError } from '../imgapi/errors.js';
import { parsePublishedAt } from '../imgapi/parse-published-at.js';
import { isUuid } from '../platform/graphql/scalars.js';
import { quoteValue } from '../platform/message-text.js';
import { type ManifestFilter, manifestFilter } from './manifest-filters.js';
import { type AcceptedParameters, invalid, invalidParameters, type QueryParameters, readParameters, refuseAdminFields } from './query-parameters.js';

type Access = (typeof IMAGE_ACCESS)[number];
type GivenParameters = ReadonlyMap<string, readonly string[]>;

/** The lengths of IMGAPI's manifest fields, plus one where a value may begin with `~` or `!`. */
const ACCEPTED: AcceptedParameters = new Map([
  ['owner', 64], ['name', 1025], ['version', 513], ['os', 64], ['type', 65], ['state', 32], ['public', 5], ['tag.', 1024], ['billing_tag', 128],
  ['limit', 16], ['marker', 64], ['sort', 32], ['channel', 64], ['inclAdminFields', 5],
]);
const SINGLE_VALUED = ['state', 'public', 'limit', 'marker', 'sort', 'channel', 'inclAdminFields'];
/** The accesses that stand for each state. Three states have none, as images without a file are not shown. */
const STATES = new Map<string, readonly Access[]>([
  ['active', ['PUBLIC', 'PRIVATE']], ['disabled', ['DELETED']], ['unactivated', []], ['all', IMAGE_ACCESS], ['creating', []], ['failed', []],
]);
const PUBLIC = new Map<string, readonly Access[]>([['true', ['PUBLIC']], ['false', ['PRIVATE', 'DELETED']]]);
const SORTS = ['published_at', 'published_at.asc', 'published_at.desc'];
const MAX_LIMIT = 1000;

/** Matches a whole string, or a part of it; case-sensitive. */
export interface TextFilter {
  text: string;
  isPart: boolean;
}

/** A parsed ListImages request. */
export interface ListQuery {
  /** The list has images with one of these; empty: the list is empty. */
  access: readonly Access[];
  name: TextFilter | null;
  version: TextFilter | null;
  /** Conditions on fields that only the manifest has. */
  manifest: readonly ManifestFilter[];
  /** Null: no limit. */
  limit: number | null;
  descending: boolean;
  /** Start at this image (a uuid), inclusive, or at this time (in ms). */
  marker: string | number | null;
}

function only(given: GivenParameters, name: string): string | undefined {
  return given.get(name)?.[0];
}

/** Parses `~part` as a part, and anything else as the whole string. */
function textFilter(wanted: string | undefined): TextFilter | null {
  if (wanted === undefined) return null;
  return wanted.startsWith('~') ? { text: wanted.slice(1), isPart: true } : { text: wanted, isPart: false };
}

function faultsOf(given: GivenParameters): ImgapiFieldError[] {
  const faults: ImgapiFieldError[] = [];
  const check = (field: string, isAccepted: (value: string) => boolean, accepted: string): void => {
    const value = only(given, field);
    if (value !== undefined && !isAccepted(value)) faults.push(invalid(field, `${quoteValue(value)} is not accepted; it must be ${accepted}`));
  };
  for (const [field, values] of given) if (SINGLE_VALUED.includes(field) && values.length > 1) faults.push(invalid(field, 'must be given once'));
  check('state', (value) => STATES.has(value), `one of ${[...STATES.keys()].join(', ')}`);
  check('limit', (value) => /^(0|[1-9]\d{0,8})$/.test(value), 'a positive integer, or 0 for no limit');
  check('sort', (value) => SORTS.includes(value), `one of ${SORTS.join(', ')}`);
  check('public', (value) => PUBLIC.has(value), 'true or false');
  check('marker', (value) => isUuid(value) || parsePublishedAt(value) !== null, 'the uuid of an image or a date');
  check('channel', (value) => value === '*', '*, as this server has no channels');
  return faults;
}

function markerOf(marker: string | undefined): string | number | null {
  if (marker === undefined) return null;
  return isUuid(marker) ? marker : parsePublishedAt(marker);
}

/** As in the reference server, a filter that is given twice matches nothing, except that all given billing tags must match. */
function isContradictory(given: GivenParameters): boolean {
  return [...given].some(([name, values]) => name !== 'billing_tag' && values.length > 1);
}

function accessOf(given: GivenParameters): readonly Access[] {
  if (isContradictory(given)) return [];
  const [state, isPublic] = [only(given, 'state') ?? 'active', only(given, 'public')];
  return (STATES.get(state) ?? []).filter((access) => isPublic === undefined || PUBLIC.get(isPublic)?.includes(access));
}

/** Parses the query parameters of ListImages; returns an error for invalid ones. */
export function readListQuery(query: QueryParameters): ListQuery | ImgapiError {
  const given = readParameters(query, ACCEPTED);
  if ('status' in given) return given;
  const refusal = invalidParameters(faultsOf(given)) ?? refuseAdminFields(given);
  if (refusal !== null) return refusal;
  const limit = Number(only(given, 'limit') ?? 0);
  return {
    access: accessOf(given),
    name: textFilter(only(given, 'name')),
    version: textFilter(only(given, 'version')),
    manifest: [...given].flatMap(([name, values]) => values.map((value) => manifestFilter(name, value)).filter((filter) => filter !== null)),
    limit: limit === 0 ? null : Math.min(limit, MAX_LIMIT),
    descending: only(given, 'sort') === 'published_at.desc',
    marker: markerOf(only(given, 'marker')),
  };
}

/** Whether a manifest, as it is shown, passes the conditions on manifests. */
export function matchesManifest({ manifest }: ListQuery, shown: Json): boolean {
  return manifest.every((filter) => filter.matches(shown));
}

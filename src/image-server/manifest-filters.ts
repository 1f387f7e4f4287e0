import type { Json } from '../images/manifest/shown-manifest.js';
import { isPublishedOs } from '../imgapi/os-type.js';
import { isObject } from '../imgapi/upgrade-manifest.js';
import { isUuid } from '../platform/graphql/scalars.js';

/** A condition on a field that only the manifest has. */
export interface ManifestFilter {
  /** Decides on the manifest as it is shown. */
  matches: (shown: Json) => boolean;
  /** A string that the stored manifest of every match contains, by which the database skips other images; null: there is none. */
  contained: string | null;
}

/** A longer string matches by the presence of its tag only, as in the reference server's index. */
const MAX_INDEXED_LENGTH = 100;
/** Tags that come from the columns of the image rather than from its stored manifest. */
const COLUMN_TAGS = ['resize', 'deploy', 'erigones'];
const TAG = 'tag.';

/** A stored manifest may have an owner in upper case, or none, for which a default one is shown. */
function ownerFilter(wanted: string): ManifestFilter {
  return { matches: ({ owner }) => owner === wanted, contained: isUuid(wanted) ? null : JSON.stringify(wanted) };
}

/** A stored manifest may have another `os` than the one that is shown. */
function osFilter(wanted: string): ManifestFilter {
  return { matches: ({ os }) => os === wanted, contained: isPublishedOs(wanted) ? null : JSON.stringify(wanted) };
}

/** A stored manifest may have blanks around its type. */
function typeFilter(wanted: string): ManifestFilter {
  if (wanted.startsWith('!')) return { matches: ({ type }) => type !== wanted.slice(1), contained: null };
  return { matches: ({ type }) => type === wanted, contained: wanted === 'other' ? null : JSON.stringify(wanted).slice(1, -1) };
}

/** The shown version differs from that of the image where IMGAPI does not accept its characters; the database finds those images too. */
function versionFilter(wanted: string): ManifestFilter {
  const matches = wanted.startsWith('~')
    ? ({ version }: Json) => String(version).includes(wanted.slice(1))
    : ({ version }: Json) => version === wanted;
  return { matches, contained: null };
}

function tagFilter(name: string, wanted: string): ManifestFilter {
  const matches = ({ tags }: Json): boolean => {
    if (!isObject(tags) || !Object.hasOwn(tags, name)) return false;
    const value = tags[name];
    const isPresenceOnly = typeof value === 'object' || (typeof value === 'string' && value.length > MAX_INDEXED_LENGTH);
    return isPresenceOnly ? wanted === '' : String(value) === wanted;
  };
  return { matches, contained: COLUMN_TAGS.includes(name) ? null : JSON.stringify(name) };
}

function billingTagFilter(wanted: string): ManifestFilter {
  return { matches: ({ billing_tags: tags }) => Array.isArray(tags) && tags.includes(wanted), contained: JSON.stringify(wanted) };
}

/** The filter for a parameter of ListImages; null for a parameter that columns answer. */
export function manifestFilter(parameter: string, wanted: string): ManifestFilter | null {
  if (parameter === 'os') return osFilter(wanted);
  if (parameter === 'owner') return ownerFilter(wanted);
  if (parameter === 'version') return versionFilter(wanted);
  if (parameter === 'type') return typeFilter(wanted);
  if (parameter === 'billing_tag') return billingTagFilter(wanted);
  return parameter.startsWith(TAG) ? tagFilter(parameter.slice(TAG.length), wanted) : null;
}

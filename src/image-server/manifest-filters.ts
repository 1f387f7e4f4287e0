import { NOBODY, type Json } from '../images/manifest/shown-manifest.js';
import { isObject } from '../imgapi/upgrade-manifest.js';

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

/** Images without an owner in their stored manifest show a default one. */
function ownerFilter(wanted: string): ManifestFilter {
  return { matches: ({ owner }) => owner === wanted, contained: wanted === NOBODY ? null : JSON.stringify(wanted) };
}

function typeFilter(wanted: string): ManifestFilter {
  if (wanted.startsWith('!')) return { matches: ({ type }) => type !== wanted.slice(1), contained: null };
  return { matches: ({ type }) => type === wanted, contained: JSON.stringify(wanted) };
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
  if (parameter === 'os') return { matches: ({ os }) => os === wanted, contained: JSON.stringify(wanted) };
  if (parameter === 'owner') return ownerFilter(wanted);
  if (parameter === 'type') return typeFilter(wanted);
  if (parameter === 'billing_tag') return billingTagFilter(wanted);
  return parameter.startsWith(TAG) ? tagFilter(parameter.slice(TAG.length), wanted) : null;
}

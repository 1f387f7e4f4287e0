import { NOBODY, type Json } from '../images/manifest/shown-manifest.js';

/** A condition on what only the manifest tells. */
export interface ManifestFilter {
  /** Decides, on the manifest as it is shown. */
  matches: (shown: Json) => boolean;
  /** A text that the stored manifest of every match has in it, so that the database passes over the others; null: there is none. */
  contained: string | null;
}

/** Strings that are longer are found by the name of their tag alone, as in the reference server's index. */
const MAX_INDEXED_LENGTH = 100;
/** These are the image's own, whatever its stored manifest says. */
const OWN_TAGS = ['resize', 'deploy', 'erigones'];
const TAG = 'tag.';

/** Images that came without an owner show one. */
function ownerFilter(wanted: string): ManifestFilter {
  return { matches: ({ owner }) => owner === wanted, contained: wanted === NOBODY ? null : JSON.stringify(wanted) };
}

function typeFilter(wanted: string): ManifestFilter {
  if (wanted.startsWith('!')) return { matches: ({ type }) => type !== wanted.slice(1), contained: null };
  return { matches: ({ type }) => type === wanted, contained: JSON.stringify(wanted) };
}

function tagFilter(name: string, wanted: string): ManifestFilter {
  const matches = ({ tags }: Json): boolean => {
    if (!Object.hasOwn(tags as Json, name)) return false;
    const value = (tags as Json)[name];
    const isPresenceOnly = typeof value === 'object' || (typeof value === 'string' && value.length > MAX_INDEXED_LENGTH);
    return isPresenceOnly ? wanted === '' : String(value) === wanted;
  };
  return { matches, contained: OWN_TAGS.includes(name) ? null : JSON.stringify(name) };
}

function billingTagFilter(wanted: string): ManifestFilter {
  return { matches: ({ billing_tags: tags }) => Array.isArray(tags) && tags.includes(wanted), contained: JSON.stringify(wanted) };
}

/** The filter of a parameter of ListImages; null for one that is not about the inside of manifests. */
export function manifestFilter(parameter: string, wanted: string): ManifestFilter | null {
  if (parameter === 'os') return { matches: ({ os }) => os === wanted, contained: JSON.stringify(wanted) };
  if (parameter === 'owner') return ownerFilter(wanted);
  if (parameter === 'type') return typeFilter(wanted);
  if (parameter === 'billing_tag') return billingTagFilter(wanted);
  return parameter.startsWith(TAG) ? tagFilter(parameter.slice(TAG.length), wanted) : null;
}

import { toDisplayText } from '../platform/display-text.js';
import type { ImgManifest } from './manifest.js';
import { type OsType, osTypeOf } from './os-type.js';
import { parsePublishedAt } from './parse-published-at.js';

/** The fields of an image that come from its manifest, cut and cleaned to fit their rules; deriving them never fails. */
export interface DerivedImageFields {
  /** Null when nothing usable is left of the manifest's name, so that the user must choose one. */
  name: string | null;
  alias: string;
  version: string;
  description: string;
  sizeMib: number;
  /** Null: this cloud cannot run such an image. */
  osType: OsType | null;
  resize: boolean;
  deploy: boolean;
  tags: string[];
  homepage: string | null;
}

const DEFAULT_SIZE_MIB = 1024;
const MAX_TAGS = 32;

/** The derived fields that lists of remote images show. */
export function listedFields(manifest: ImgManifest): Pick<DerivedImageFields, 'osType' | 'sizeMib' | 'homepage'> {
  return {
    osType: osTypeOf(manifest.type, manifest.os),
    sizeMib: manifest.image_size ?? DEFAULT_SIZE_MIB,
    homepage: fitHomepage(manifest.homepage),
  };
}

/** Derives all fields for an image that is being imported. */
export function deriveImageFields(manifest: ImgManifest): DerivedImageFields {
  const name = fitName(manifest.name);
  const listed = listedFields(manifest);
  const { osType } = listed;
  return {
    ...listed,
    name,
    alias: name ?? (fitLabel(manifest.name, 32) || manifest.uuid.slice(0, 32)),
    version: fitVersion(manifest.version),
    description: cut(toDisplayText(manifest.description), 128),
    resize: readFlag(manifest.tags.resize) ?? (osType === 'SUNOS_ZONE' || osType === 'LINUX_ZONE'),
    deploy: readFlag(manifest.tags.deploy) ?? false,
    tags: fitTags(manifest.tags.erigones),
  };
}

/** The publication date in milliseconds; null when it is missing or unreadable. */
export function publishedAtMs(manifest: ImgManifest): number | null {
  return manifest.published_at === undefined ? null : parsePublishedAt(manifest.published_at);
}

/** A name made to fit the rules of this catalogue; null when nothing usable is left. */
export function fitName(name: string): string | null {
  const ascii = name.normalize('NFKD').replace(/\p{M}+/gu, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  const fitted = ascii.replace(/^[._-]+/, '').slice(0, 32).replace(/[-_.]+$/, '');
  return fitted === '' ? null : fitted;
}

/** A version made to fit the rules of this catalogue. */
export function fitVersion(version: string): string {
  return fitLabel(version, 16) || '1.0';
}

function fitLabel(value: string, length: number): string {
  return cut(toDisplayText(value).replace(/[<>]+/g, ''), length).trim();
}

function fitTags(value: unknown): string[] {
  const given = Array.isArray(value) ? value : [value];
  const fitted = given
    .filter((tag): tag is string => typeof tag === 'string')
    .map((tag) => tag.trim())
    .filter((tag) => /^[ :/A-Za-z0-9_-]+$/.test(tag))
    .map((tag) => tag.slice(0, 64).trim());
  return [...new Set(fitted)].slice(0, MAX_TAGS);
}

function fitHomepage(value: string | undefined): string | null {
  if (value === undefined || value.length > 1024) return null;
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? value : null;
}

function readFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** Cuts by code points, so that no surrogate pair is split. */
function cut(value: string, length: number): string {
  return value.length <= length ? value : [...value].slice(0, length).join('').trimEnd();
}

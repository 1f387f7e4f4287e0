import { quoteValue } from '../../platform/message-text.js';
import { cleanText, uuidOf } from '../manifest-text.js';
import { publishedOs } from '../os-type.js';
import { isObject, type Json } from '../upgrade-manifest.js';
import type { Corrections } from './corrections.js';
import { isAbsent, publishedRequirements } from './published-requirements.js';

/** IMGAPI requires the uuid of an owner, which users of this cloud have not. */
export const NOBODY = '00000000-0000-0000-0000-000000000000';

const TYPES = ['zone-dataset', 'zvol', 'lx-dataset', 'lxd', 'docker', 'other'];
/** Required for a zvol, refused for everything else. */
const DRIVERS = { nic_driver: 'virtio', disk_driver: 'virtio', cpu_type: 'host' };
const DRIVER = /^[\w.+-]{1,64}$/;
const LINK = /^https?:\/\/[^\p{C}\p{Z}]+$/iu;
const MAX_LINK_LENGTH = 1024;
const MAX_BILLING_TAG_LENGTH = 128;
const MAX_VERSION_LENGTH = 512;

/** Fields that come from the image, that mean nothing in a published manifest, or that are handled apart. */
const REPLACED = new Set(['v', 'uuid', 'name', 'version', 'state', 'disabled', 'public', 'published_at', 'files', 'description', 'image_size', 'tags', 'activated']);
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['icon', 'this server has no icons'],
  ['channels', 'this server has no channels'],
  ['error', 'it is of the import at the source'],
]);
const SHOWN = new Set([
  'owner', 'type', 'os', 'acl', 'homepage', 'eula', 'urn', 'requirements', 'users', 'generate_passwords', 'inherited_directories', 'origin',
  ...Object.keys(DRIVERS), 'billing_tags', 'traits',
]);

/** What a published manifest has from its source; JSON leaves undefined out. */
export interface PublishedFields {
  owner: string;
  type: string;
  os: string;
  acl: string[] | undefined;
  homepage: string | undefined;
  eula: string | undefined;
  urn: string | undefined;
  requirements: Json | undefined;
  users: Json[] | undefined;
  generatePasswords: boolean | undefined;
  inheritedDirectories: string[] | undefined;
  origin: string | undefined;
  nicDriver: string | undefined;
  diskDriver: string | undefined;
  cpuType: string | undefined;
  billingTags: string[] | undefined;
  traits: Json | undefined;
}

/** The fields of a source's manifest as IMGAPI accepts them. Leaves out or mends what imgadm and image servers would refuse. */
export function publishedFields(given: Json, corrections: Corrections): PublishedFields {
  const type = publishedType(given.type, corrections);
  reportUnknown(given, corrections);
  return {
    owner: publishedOwner(given.owner, corrections),
    type,
    os: osOf(given.os, corrections),
    acl: listOf('acl', given.acl, uuidOf, corrections),
    homepage: link('homepage', given.homepage, corrections),
    eula: link('eula', given.eula, corrections),
    urn: string('urn', given.urn, corrections),
    requirements: publishedRequirements(given.requirements, corrections) ?? undefined,
    users: listOf('users', given.users, userOf, corrections),
    generatePasswords: flag('generate_passwords', given.generate_passwords, corrections),
    inheritedDirectories: directories(given.inherited_directories, type, corrections),
    origin: origin(given, corrections),
    nicDriver: driver('nic_driver', given.nic_driver, type, corrections),
    diskDriver: driver('disk_driver', given.disk_driver, type, corrections),
    cpuType: driver('cpu_type', given.cpu_type, type, corrections),
    billingTags: listOf('billing_tags', given.billing_tags, billingTag, corrections),
    traits: traits(given.traits, corrections),
  };
}

/** A version in the characters of IMGAPI. */
export function publishedVersion(version: string): string {
  return version.replace(/[^A-Za-z0-9._/+-]+/g, '-').slice(0, MAX_VERSION_LENGTH) || '1.0';
}

function reportUnknown(given: Json, corrections: Corrections): void {
  for (const [name, value] of Object.entries(given)) {
    if (SHOWN.has(name) || REPLACED.has(name)) continue;
    const reason = LEFT_OUT.get(name);
    if (reason === undefined) corrections.leftOut(name, 'IMGAPI has no such field');
    else if (!isAbsent(value) && value !== false && value !== 'false') corrections.leftOut(name, reason);
  }
}

function publishedType(given: unknown, corrections: Corrections): string {
  const type = cleanText(given, 64);
  const shown = TYPES.includes(type) ? type : 'other';
  if (shown !== given) corrections.shownAs('type', shown, `${quoteValue(given)} is none of ${TYPES.join(', ')}`);
  return shown;
}

function osOf(given: unknown, corrections: Corrections): string {
  const shown = publishedOs(cleanText(given, 64));
  if (shown !== given) corrections.shownAs('os', shown, `IMGAPI has no os ${quoteValue(given)}`);
  return shown;
}

function publishedOwner(given: unknown, corrections: Corrections): string {
  const shown = uuidOf(given) ?? NOBODY;
  if (shown !== given && !isAbsent(given)) corrections.shownAs('owner', shown, `${quoteValue(given)} is no lower-case uuid`);
  return shown;
}

function origin(given: Json, corrections: Corrections): string | undefined {
  const shown = uuidOf(given.origin) ?? undefined;
  if (shown === undefined && !isAbsent(given.origin)) corrections.leftOut('origin', `${quoteValue(given.origin)} is no uuid`);
  return shown;
}

function link(name: string, value: unknown, corrections: Corrections): string | undefined {
  if (isAbsent(value)) return undefined;
  const shown = typeof value === 'string' ? value.trim() : '';
  if (shown.length <= MAX_LINK_LENGTH && LINK.test(shown)) return shown;
  corrections.leftOut(name, `${quoteValue(value)} is no URL with http or https and at most ${MAX_LINK_LENGTH} characters`);
  return undefined;
}

function string(name: string, value: unknown, corrections: Corrections): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') return value;
  corrections.leftOut(name, `${quoteValue(value)} is no string`);
  return undefined;
}

function flag(name: string, value: unknown, corrections: Corrections): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  corrections.leftOut(name, `${quoteValue(value)} is neither true nor false`);
  return undefined;
}

/** The items of a list that are accepted, each as it is shown; undefined when none is left. */
function listOf<T>(name: string, value: unknown, accept: (item: unknown) => T | null, corrections: Corrections): T[] | undefined {
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) {
    corrections.leftOut(name, `${quoteValue(value)} is no list`);
    return undefined;
  }
  const shown: T[] = [];
  value.forEach((item: unknown, at) => {
    const one = accept(item);
    if (one === null) corrections.leftOut(`${name}[${at}]`, `${quoteValue(item)} is not accepted there`);
    else shown.push(one);
  });
  return shown.length === 0 ? undefined : shown;
}

function userOf(item: unknown): Json | null {
  return isObject(item) && typeof item.name === 'string' && item.name !== '' ? { name: item.name } : null;
}

function billingTag(item: unknown): string | null {
  return typeof item === 'string' && item.length <= MAX_BILLING_TAG_LENGTH ? item : null;
}

function directories(value: unknown, type: string, corrections: Corrections): string[] | undefined {
  const name = 'inherited_directories';
  if (type === 'zone-dataset') return listOf(name, value, (item) => (typeof item === 'string' ? item : null), corrections);
  if (!isAbsent(value)) corrections.leftOut(name, 'it is for the type zone-dataset only');
  return undefined;
}

function driver(name: keyof typeof DRIVERS, value: unknown, type: string, corrections: Corrections): string | undefined {
  if (type !== 'zvol') {
    if (!isAbsent(value)) corrections.leftOut(name, 'it is for the type zvol only');
    return undefined;
  }
  const given = typeof value === 'string' ? value.trim() : '';
  if (DRIVER.test(given)) return given;
  corrections.shownAs(name, DRIVERS[name], isAbsent(value) ? 'a zvol must have one' : `${quoteValue(value)} is no name of one`);
  return DRIVERS[name];
}

function traits(given: unknown, corrections: Corrections): Json | undefined {
  if (isAbsent(given)) return undefined;
  if (!isObject(given)) {
    corrections.leftOut('traits', `${quoteValue(given)} is no object`);
    return undefined;
  }
  const entries = Object.entries(given).filter(([name, value]) => {
    if (typeof value === 'string' || typeof value === 'boolean' || Array.isArray(value)) return true;
    corrections.leftOut(`traits.${name}`, `${quoteValue(value)} is no string, boolean or list`);
    return false;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

import { quoteValue } from '../../platform/message-text.js';
import { isObject, type Json } from '../upgrade-manifest.js';
import type { Corrections } from './corrections.js';

const KNOWN = ['networks', 'brand', 'ssh_key', 'min_ram', 'max_ram', 'min_platform', 'max_platform', 'bootrom'];
const BOOTROMS = ['bios', 'uefi'];
const FIRST_PLATFORM_YEAR = '2012';
const PLATFORM_DATE = /^(\d{4})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])[0-5]\d[0-5]\dZ$/;
const PLATFORM_VERSION = /^\d{1,9}(\.\d{1,9}){0,3}$/;

/** Whether a field was not given: sources write null and empty strings for that. */
export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** The `requirements` of a published manifest: those that IMGAPI has, with values that it accepts; null when nothing is left. */
export function publishedRequirements(given: unknown, corrections: Corrections): Json | null {
  if (isAbsent(given)) return null;
  if (!isObject(given)) {
    corrections.leftOut('requirements', `${quoteValue(given)} is no object`);
    return null;
  }
  for (const name of Object.keys(given)) if (!KNOWN.includes(name)) corrections.leftOut(`requirements.${name}`, 'IMGAPI has no such requirement');
  const shown = {
    networks: networks(given.networks, corrections),
    brand: brand(given.brand, corrections),
    ssh_key: sshKey(given.ssh_key, corrections),
    ...ram(given, corrections),
    min_platform: platforms('min_platform', given.min_platform, corrections),
    max_platform: platforms('max_platform', given.max_platform, corrections),
    bootrom: bootrom(given, corrections),
  };
  const entries = Object.entries(shown).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

function networks(given: unknown, corrections: Corrections): Json[] | undefined {
  if (isAbsent(given)) return undefined;
  if (!Array.isArray(given)) {
    corrections.leftOut('requirements.networks', `${quoteValue(given)} is no list`);
    return undefined;
  }
  const shown: Json[] = [];
  given.forEach((network: unknown, at) => {
    const field = `requirements.networks[${at}]`;
    if (!isObject(network) || typeof network.name !== 'string' || network.name === '') {
      corrections.leftOut(field, `${quoteValue(network)} has no name`);
      return;
    }
    const { name, description } = network;
    const one = { name, description: typeof description === 'string' ? description : '' };
    if (typeof description !== 'string' || Object.keys(network).length !== 2) corrections.shownAs(field, one, 'a network has a name and a description and nothing else');
    shown.push(one);
  });
  return shown.length === 0 ? undefined : shown;
}

function brand(value: unknown, corrections: Corrections): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') return value;
  corrections.leftOut('requirements.brand', `${quoteValue(value)} is no string`);
  return undefined;
}

function sshKey(value: unknown, corrections: Corrections): boolean | undefined {
  if (isAbsent(value) || typeof value === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (value === 'true' || value === 'false') {
    corrections.shownAs('requirements.ssh_key', value === 'true', 'it is a boolean');
    return value === 'true';
  }
  corrections.leftOut('requirements.ssh_key', `${quoteValue(value)} is neither true nor false`);
  return undefined;
}

/** A positive integer, which version 1 also wrote as a string. */
function mebibytes(name: string, value: unknown, corrections: Corrections): number | undefined {
  if (isAbsent(value)) return undefined;
  const size = typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  if (typeof size === 'number' && Number.isSafeInteger(size) && size > 0) {
    if (size !== value) corrections.shownAs(`requirements.${name}`, size, 'it is a number');
    return size;
  }
  // Zero says that there is no such requirement.
  if (size !== 0) corrections.leftOut(`requirements.${name}`, `${quoteValue(value)} is no positive integer of MiB`);
  return undefined;
}

function ram(given: Json, corrections: Corrections): Json {
  const [min, max] = [mebibytes('min_ram', given.min_ram, corrections), mebibytes('max_ram', given.max_ram, corrections)];
  if (min === undefined || max === undefined || min <= max) return { min_ram: min, max_ram: max };
  corrections.leftOut('requirements.max_ram', `${max} is less than min_ram, ${min}`);
  return { min_ram: min };
}

function isPlatform(version: string, date: unknown): boolean {
  if (!PLATFORM_VERSION.test(version) || typeof date !== 'string') return false;
  return PLATFORM_DATE.test(date) && date >= FIRST_PLATFORM_YEAR;
}

function platforms(name: string, value: unknown, corrections: Corrections): Json | undefined {
  if (isAbsent(value)) return undefined;
  const field = `requirements.${name}`;
  if (!isObject(value)) {
    corrections.leftOut(field, `${quoteValue(value)} is no object of platform dates by version`);
    return undefined;
  }
  const entries = Object.entries(value).filter(([version, date]) => {
    if (isPlatform(version, date)) return true;
    corrections.leftOut(`${field}.${version}`, `${quoteValue(date)} by that key is no platform; one is "7.0": "20130308T102805Z", from 2012 on`);
    return false;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function bootrom(given: Json, corrections: Corrections): string | undefined {
  const value = given.bootrom;
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string' && BOOTROMS.includes(value) && given.brand === 'bhyve') return value;
  corrections.leftOut('requirements.bootrom', `${quoteValue(value)} is accepted as bios or uefi, and with the brand bhyve only`);
  return undefined;
}

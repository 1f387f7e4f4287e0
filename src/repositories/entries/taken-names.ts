import { labelKeysOf } from '../../images/rules/image-rules.js';
import { fitName, fitVersion } from '../../imgapi/derive-image-fields.js';
import { allOf, anyOf, oneOf } from '../../platform/database/list/conditions.js';
import { readRows } from '../../platform/database/read/read-rows.js';
import type { Reads } from '../../platform/database/read/reads.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { comparisonKey } from '../../platform/display-text.js';

/** What an entry is called in its repository. */
export interface NamedEntry {
  uuid: string;
  name?: string;
  version?: string;
}

/** What another image of the catalogue has of an entry, so that an import of it has to give another one. */
export interface TakenNames {
  name: boolean;
  /** Alias and version, which are unique together. */
  label: boolean;
}

const NOTHING_TAKEN: TakenNames = { name: false, label: false };

interface WantedKeys {
  uuid: string;
  nameKey: string;
  aliasKey: string;
  versionKey: string;
}

/** The keys that an import of the entry under its own name would write; null when nothing of the name can be used. */
function keysOf({ uuid, name = '', version = '' }: NamedEntry): WantedKeys | null {
  const fitted = fitName(name);
  return fitted === null ? null : { uuid, nameKey: comparisonKey(fitted), ...labelKeysOf({ alias: fitted, version: fitVersion(version) }) };
}

function labelOf({ aliasKey, versionKey }: Pick<WantedKeys, 'aliasKey' | 'versionKey'>): string {
  return JSON.stringify([aliasKey, versionKey]);
}

/** Finds in one statement what is taken of each entry, compared as an import compares it; returned by the uuid of the entry. */
export async function findTakenNames(em: Reads, entries: readonly NamedEntry[]): Promise<(uuid: string) => TakenNames> {
  const wanted = entries.map(keysOf).filter((keys) => keys !== null);
  if (wanted.length === 0) return () => NOTHING_TAKEN;
  const distinct = (keyOf: (keys: WantedKeys) => string): string[] => [...new Set(wanted.map(keyOf))];
  const sameName = oneOf('i.name_key', distinct(({ nameKey }) => nameKey));
  const sameLabel = allOf([oneOf('i.alias_key', distinct(({ aliasKey }) => aliasKey)), oneOf('i.version_key', distinct(({ versionKey }) => versionKey))]);
  const rows = await readRows<[uuid: string, nameKey: string | null, aliasKey: string, versionKey: string | null]>(
    em,
    sqlText`select i.uuid, i.name_key, i.alias_key, i.version_key from image i where ${anyOf([sameName, sameLabel])}`,
  );
  const named = new Map(rows.map(([uuid, nameKey]) => [nameKey, uuid]));
  const labelled = new Map(rows.map(([uuid, , aliasKey, versionKey]) => [labelOf({ aliasKey, versionKey: versionKey ?? '' }), uuid]));
  const isOther = (found: string | undefined, uuid: string): boolean => found !== undefined && found !== uuid;
  const taken = new Map(wanted.map((keys) => [keys.uuid, { name: isOther(named.get(keys.nameKey), keys.uuid), label: isOther(labelled.get(labelOf(keys)), keys.uuid) }]));
  return (uuid) => taken.get(uuid) ?? NOTHING_TAKEN;
}

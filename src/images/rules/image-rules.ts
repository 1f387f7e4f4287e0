import { comparisonKey, descriptionFault, displayFault, quoteVisibly, searchForm, strangeCharacter } from '../../platform/display-text.js';
import { type FieldError, textFault } from '../../platform/errors.js';
import type { UpdateImageInput } from '../mutations/image-mutation.inputs.js';

// Limits of an image's own fields, in characters. Values of a manifest are cut to them, values of a caller are refused.
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const NAME_LENGTH = 32;
export const ALIAS_LENGTH = 32;
export const VERSION_LENGTH = 16;
export const DESCRIPTION_LENGTH = 128;
const TAG = /^[ :/A-Za-z0-9_-]+$/;
const TAG_LENGTH = 64;
const TAG_COUNT = 32;

/** The fields that an update may change and the manifest of an image shows. Owner and binding change by rules of their own. */
export type UpdatableField = Exclude<keyof UpdateImageInput, 'name' | 'ifUpdatedAt' | 'owner' | 'dcBound' | 'dryRun'>;
export type UpdatableValues = { [Name in UpdatableField]: NonNullable<UpdateImageInput[Name]> };

/** The fields that a caller may give; undefined or null: not given. */
export type GivenFields = { [Name in Exclude<UpdatableField, 'tags'>]?: UpdatableValues[Name] | null } & {
  name?: string | null;
  tags?: readonly string[] | null;
};

function lengthOf(text: string): number {
  return [...text].length;
}

/** Why a text cannot be the name of an image; null when it can. */
export function nameFault(name: string): string | null {
  if (lengthOf(name) > NAME_LENGTH) return `The name has ${lengthOf(name)} characters; at most ${NAME_LENGTH} are accepted.`;
  return NAME.test(name) ? null : `${quoteVisibly(name)} is not a name: letters, digits, ".", "_" and "-", first a letter or digit.${strangeCharacter(name)}`;
}

function tagFaults(tags: readonly string[]): FieldError[] {
  const faults: FieldError[] = [];
  if (tags.length > TAG_COUNT) faults.push({ path: 'tags', code: 'TOO_MANY', params: { given: tags.length, accepted: TAG_COUNT }, message: `${tags.length} tags are given; at most ${TAG_COUNT} are accepted.` });
  tags.forEach((tag, at) => {
    const path = `tags.${at}`;
    if (lengthOf(tag) > TAG_LENGTH) faults.push(textFault(path, `The tag has ${lengthOf(tag)} characters; at most ${TAG_LENGTH} are accepted.`, tag, TAG_LENGTH));
    else if (!TAG.test(tag)) faults.push(textFault(path, `${quoteVisibly(tag)} is not a tag: letters, digits, space and ":/_-", at least one.${strangeCharacter(tag)}`, tag, TAG_LENGTH));
    else if (tags.indexOf(tag) < at) faults.push({ path, code: 'DUPLICATE', params: { value: tag }, message: `The tag ${JSON.stringify(tag)} is given twice.` });
  });
  return faults;
}

function textRule(path: string, most: number, fault: (text: string) => string | null): (text: string) => FieldError[] {
  return (text) => {
    const message = fault(text);
    return message === null ? [] : [textFault(path, message, text, most)];
  };
}

const anyValue = (): FieldError[] => [];

/** Every updatable field with what its values must meet beyond their GraphQL type. A field of `UpdateImageInput` without a rule does not compile. */
const RULES = {
  alias: textRule('alias', ALIAS_LENGTH, (text) => displayFault('The alias', text, ALIAS_LENGTH)),
  version: textRule('version', VERSION_LENGTH, (text) => displayFault('The version', text, VERSION_LENGTH)),
  description: textRule('description', DESCRIPTION_LENGTH, (text) => descriptionFault(text, DESCRIPTION_LENGTH)),
  access: anyValue,
  resize: anyValue,
  deploy: anyValue,
  tags: tagFaults,
} satisfies { [Name in UpdatableField]: (value: UpdatableValues[Name]) => FieldError[] };

/** The names of all updatable fields. */
export const UPDATABLE_FIELDS = Object.keys(RULES) as UpdatableField[];

const nameRule = textRule('name', NAME_LENGTH, nameFault);

/** Every broken rule of the given fields, so that the caller can correct all of them at once. */
export function imageFieldFaults({ name, ...fields }: GivenFields): FieldError[] {
  const faults = typeof name === 'string' ? nameRule(name) : [];
  for (const field of UPDATABLE_FIELDS) {
    const [value, rule] = [fields[field], RULES[field]];
    // A value is that of its own field, which the compiler cannot follow through the names.
    if (value !== null && value !== undefined) faults.push(...rule(value as never));
  }
  return faults;
}

/** What makes an image unique besides its name: what the alias and the version look like. */
export function labelKeysOf({ alias, version }: { alias: string; version: string }): { aliasKey: string; versionKey: string } {
  return { aliasKey: comparisonKey(alias), versionKey: comparisonKey(version) };
}

/** The text that the filter `search` of image lists looks into. */
export function searchTextOf(name: string, alias: string, description: string): string {
  return searchForm([name, alias, description].join('\n'));
}

import { descriptionFault, displayFault, invisibleFault, quoteVisibly, strangeCharacter } from '../../platform/display-text.js';
import { type FieldError, textFault } from '../../platform/errors.js';

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const EMAIL = /^[^\s@]+@[^\s@]+$/;
const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 128;

type Check = (value: string) => string | null;

const LONGEST = { username: 64, name: LONGEST_NAME, alias: LONGEST_NAME, keyName: LONGEST_NAME, email: 254, description: LONGEST_DESCRIPTION };

const checks: Record<'username' | 'name' | 'alias' | 'email' | 'description' | 'keyName', Check> = {
  username: (value) => (USERNAME.test(value) ? null : `${quoteVisibly(value)} is not a username: 1 to 64 letters, digits and "._@-", first a letter or digit.${strangeCharacter(value)}`),
  name: (value) => (NAME.test(value) ? null : `${quoteVisibly(value)} is not a name: 1 to 64 letters, digits and "._-", first a letter or digit.${strangeCharacter(value)}`),
  alias: (value) => displayFault('The alias', value, LONGEST_NAME),
  keyName: (value) => displayFault('The name', value, LONGEST_NAME),
  email: (value) => (value.length <= 254 && EMAIL.test(value) ? invisibleFault('The e-mail address', value) : `${quoteVisibly(value)} is not an e-mail address of at most 254 characters.`),
  description: (value) => descriptionFault(value, LONGEST_DESCRIPTION),
};

/** The fault of one field of an input, as a list of none or one; a field that was not given has none. */
export function fieldFault(rule: keyof typeof checks, value: string | null | undefined, path: string = rule): FieldError[] {
  const message = typeof value === 'string' ? checks[rule](value) : null;
  return message === null || typeof value !== 'string' ? [] : [textFault(path, message, value, LONGEST[rule])];
}

import type { FieldError } from '../../platform/errors.js';

const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const EMAIL = /^[^\s@]+@[^\s@]+$/;
// eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
const UNFIT_FOR_DISPLAY = /[\u0000-\u001f\u007f-\u009f<>]/;

type Check = (value: string) => string | null;

const checks: Record<'username' | 'name' | 'alias' | 'email' | 'description' | 'keyName', Check> = {
  username: (value) => (USERNAME.test(value) ? null : `${JSON.stringify(value)} is not a username: 1 to 64 letters, digits and "._@-", first a letter or digit.`),
  name: (value) => (NAME.test(value) ? null : `${JSON.stringify(value)} is not a name: 1 to 64 letters, digits and "._-", first a letter or digit.`),
  alias: (value) => displayFault('The alias', value),
  keyName: (value) => displayFault('The name', value),
  email: (value) => (value.length <= 254 && EMAIL.test(value) ? null : `${JSON.stringify(value)} is not an e-mail address of at most 254 characters.`),
  description: (value) => ([...value].length <= 128 ? null : `The description has ${[...value].length} characters; at most 128 are accepted.`),
};

function displayFault(what: string, value: string): string | null {
  const length = [...value].length;
  if (length < 1 || length > 64) return `${what} has ${length} characters; 1 to 64 are accepted.`;
  return UNFIT_FOR_DISPLAY.test(value) ? `${what} ${JSON.stringify(value)} must not hold control characters, < or >.` : null;
}

/** The fault of one field of an input, as a list of none or one; a field that was not given has none. */
export function fieldFault(rule: keyof typeof checks, value: string | null | undefined, path: string = rule): FieldError[] {
  const message = typeof value === 'string' ? checks[rule](value) : null;
  return message === null ? [] : [{ path, message }];
}

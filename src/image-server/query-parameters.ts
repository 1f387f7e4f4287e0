import { type ImgapiError, type ImgapiFieldError, imgapiError } from '../imgapi/errors.js';
import { truncate, quoteValue } from '../platform/message-text.js';

/** The query parameters as Fastify parsed them: a list for a parameter that is given more than once. */
export type QueryParameters = Readonly<Record<string, string | string[] | undefined>>;

/** The parameters of an endpoint, with the longest value of each in characters. `tag.` stands for every `tag.NAME`. */
export type AcceptedParameters = ReadonlyMap<string, number>;

const MAX_PARAMETERS = 64;
const MAX_TAG_NAME_LENGTH = 256;
const MAX_FAULTS = 16;
const TAG = 'tag.';
/** Parameters that would change what a caller sees, so that they cannot be ignored as unknown ones are. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([['account', 'this server has no accounts: what a caller sees depends on its network']]);

/** The fault of a value that is not accepted. */
export function invalid(field: string, message: string): ImgapiFieldError {
  return { field, code: 'Invalid', message };
}

/** Combines all faults of a request into one error, worded as by the reference server; null without faults. */
export function invalidParameters(faults: readonly ImgapiFieldError[]): ImgapiError | null {
  const [first] = faults;
  if (first === undefined) return null;
  const message = faults.map((fault) => (fault.code === 'NotAllowed' ? fault.message : `invalid "${fault.field}": ${fault.message}`)).join('; ');
  return imgapiError('InvalidParameter', message, faults);
}

function maxLengthOf(name: string, accepted: AcceptedParameters): number {
  return accepted.get(name.startsWith(TAG) ? TAG : name) ?? 0;
}

function isKnown(name: string, accepted: AcceptedParameters): boolean {
  return UNSUPPORTED.has(name) || accepted.has(name.startsWith(TAG) ? TAG : name);
}

function faultsOf(name: string, values: readonly string[], accepted: AcceptedParameters): ImgapiFieldError[] {
  const shown = truncate(name);
  const unsupported = UNSUPPORTED.get(name);
  if (unsupported !== undefined) return [{ field: shown, code: 'NotAllowed', message: `${quoteValue(name)} is not supported: ${unsupported}` }];
  const longest = maxLengthOf(name, accepted);
  const faults: ImgapiFieldError[] = [];
  if (name.startsWith(TAG) && name.length > TAG.length + MAX_TAG_NAME_LENGTH) faults.push(invalid(shown, `the name of a tag has at most ${MAX_TAG_NAME_LENGTH} characters`));
  const tooLong = values.find((value) => value.length > longest);
  if (tooLong !== undefined) faults.push(invalid(shown, `${quoteValue(tooLong)} has ${tooLong.length} characters; at most ${longest} are accepted`));
  if ([name, ...values].some((text) => text.includes('\0'))) faults.push(invalid(shown, 'NUL is in no text'));
  return faults;
}

/** Drops empty values, except those of tags, where one asks for the presence of the tag, as in the reference server. */
function withoutEmpty(parameters: QueryParameters): [name: string, values: string[]][] {
  return Object.entries(parameters).flatMap(([name, given = []]): [string, string[]][] => {
    const values = [given].flat().filter((value) => value !== '' || name.startsWith(TAG));
    return values.length === 0 ? [] : [[name, values]];
  });
}

/** Refuses inclAdminFields, as the reference server does for callers who are not signed in. */
export function refuseAdminFields(parameters: ReadonlyMap<string, readonly string[]>): ImgapiError | null {
  const values = parameters.get('inclAdminFields') ?? [];
  if (values.includes('true')) return imgapiError('UnauthorizedError', 'inclAdminFields is for operators, and no caller of this server is one');
  const wrong = values.find((value) => value !== 'false');
  return wrong === undefined ? null : invalidParameters([invalid('inclAdminFields', `${quoteValue(wrong)} is neither true nor false`)]);
}

/**
 * Returns the values of each parameter, or an error with all faults. Ignores parameters that the endpoint does not have, as the reference
 * server does, except those that would change what the caller sees.
 */
export function readParameters(query: QueryParameters, accepted: AcceptedParameters): Map<string, readonly string[]> | ImgapiError {
  const given = withoutEmpty(query);
  const count = given.reduce((sum, [, values]) => sum + values.length, 0);
  if (count > MAX_PARAMETERS) return imgapiError('InvalidParameter', `the query has ${count} parameters; at most ${MAX_PARAMETERS} are accepted`);
  const entries = given.filter(([name]) => isKnown(name, accepted));
  const faults = entries.flatMap(([name, values]) => faultsOf(name, values, accepted));
  return invalidParameters(faults.slice(0, MAX_FAULTS)) ?? new Map(entries);
}

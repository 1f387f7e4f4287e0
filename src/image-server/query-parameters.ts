import { type ImgapiError, type ImgapiFieldError, imgapiErrorOf } from '../imgapi/errors.js';
import { cut, shownValue } from '../platform/shown.js';

/** The query of a request, as the server parsed it: a list for a parameter that was given more than once. */
export type QueryParameters = Readonly<Record<string, string | string[] | undefined>>;

/** What an endpoint takes: the longest value of each parameter, in characters. `tag.` stands for every `tag.NAME`. */
export type AcceptedParameters = ReadonlyMap<string, number>;

const MAX_PARAMETERS = 64;
const MAX_TAG_NAME_LENGTH = 256;
const MAX_FAULTS = 16;
const TAG = 'tag.';

/** A value that is not accepted. */
export function invalid(field: string, message: string): ImgapiFieldError {
  return { field, code: 'Invalid', message };
}

/** One error for all faults of a request, as the reference server words it; null when there is none. */
export function invalidParameters(faults: readonly ImgapiFieldError[]): ImgapiError | null {
  const [first] = faults;
  if (first === undefined) return null;
  const message = faults.map((fault) => (fault.code === 'NotAllowed' ? fault.message : `invalid "${fault.field}": ${fault.message}`)).join('; ');
  return imgapiErrorOf('InvalidParameter', message, faults);
}

function maxLengthOf(name: string, accepted: AcceptedParameters): number | undefined {
  if (!name.startsWith(TAG)) return accepted.get(name);
  return name.length <= TAG.length + MAX_TAG_NAME_LENGTH ? accepted.get(TAG) : undefined;
}

function faultsOf(name: string, values: readonly string[], accepted: AcceptedParameters): ImgapiFieldError[] {
  const longest = maxLengthOf(name, accepted);
  const shown = cut(name);
  if (longest === undefined) {
    const names = [...accepted.keys()].map((one) => (one === TAG ? 'tag.NAME' : one));
    return [{ field: shown, code: 'NotAllowed', message: `invalid extra parameters: ${shownValue(name)}; accepted are ${names.join(', ') || 'none'}` }];
  }
  const faults: ImgapiFieldError[] = [];
  const tooLong = values.find((value) => value.length > longest);
  if (tooLong !== undefined) faults.push(invalid(shown, `${shownValue(tooLong)} has ${tooLong.length} characters; at most ${longest} are accepted`));
  if ([name, ...values].some((text) => text.includes('\0'))) faults.push(invalid(shown, 'NUL is in no text'));
  return faults;
}

/** An empty value counts as absent. Of a tag it asks whether the tag is there, as in the reference server's index. */
function withoutEmpty(parameters: QueryParameters): [name: string, values: string[]][] {
  return Object.entries(parameters).flatMap(([name, given = []]) => {
    const values = [given].flat().filter((value) => value !== '' || name.startsWith(TAG));
    return values.length === 0 ? [] : [[name, values] as [string, string[]]];
  });
}

/** Refuses the fields that only operators see, as the reference server does to callers that are not signed in. */
export function refuseAdminFields(parameters: ReadonlyMap<string, readonly string[]>): ImgapiError | null {
  const values = parameters.get('inclAdminFields') ?? [];
  if (values.includes('true')) return imgapiErrorOf('UnauthorizedError', 'inclAdminFields is for operators, and no caller of this server is one');
  const wrong = values.find((value) => value !== 'false');
  return wrong === undefined ? null : invalidParameters([invalid('inclAdminFields', `${shownValue(wrong)} is neither true nor false`)]);
}

/** The values of each parameter, or the faults of the query: what the endpoint does not know is refused, never ignored. */
export function readParameters(query: QueryParameters, accepted: AcceptedParameters): Map<string, readonly string[]> | ImgapiError {
  const entries = withoutEmpty(query);
  const count = entries.reduce((sum, [, values]) => sum + values.length, 0);
  if (count > MAX_PARAMETERS) return imgapiErrorOf('InvalidParameter', `the query has ${count} parameters; at most ${MAX_PARAMETERS} are accepted`);
  const faults = entries.flatMap(([name, values]) => faultsOf(name, values, accepted));
  return invalidParameters(faults.slice(0, MAX_FAULTS)) ?? new Map(entries);
}

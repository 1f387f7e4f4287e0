import { registerEnumType } from 'type-graphql';
import { ERROR_CODES, type ErrorCode } from '../error-codes.js';
import { enumOf } from './enum-of.js';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[]; // the keys of an object literal

/** The type of every field that is an error code. */
export const ErrorCodeEnum = enumOf(CODES);

registerEnumType(ErrorCodeEnum, {
  name: 'ErrorCode',
  description: 'Every code that `extensions.code` of an error, a verdict or a task can have. Codes are stable; the sentence beside one is for people and may change.',
  valuesConfig: Object.fromEntries(CODES.map((code) => [code, { description: `${ERROR_CODES[code].when} ${ERROR_CODES[code].advice}` }])),
});

import { shortened } from '../platform/shown.js';

/** Codes of IMGAPI that the gateway answers with, each with its one HTTP status. */
export const IMGAPI_STATUS = {
  InvalidParameter: 422,
  ValidationFailed: 422,
  BadRequestError: 400,
  InvalidHeader: 400,
  InvalidContent: 400,
  InvalidVersion: 400,
  UnauthorizedError: 401,
  OperatorOnly: 403,
  ResourceNotFound: 404,
  MethodNotAllowedError: 405,
  PreconditionFailed: 412,
  RequestThrottled: 429,
  InternalError: 500,
  NotAvailable: 501,
  ServiceUnavailableError: 503,
} as const satisfies Record<string, number>;
export type ImgapiCode = keyof typeof IMGAPI_STATUS;

export interface ImgapiFieldError {
  field: string;
  code: 'MissingParameter' | 'Missing' | 'Invalid' | 'NotAllowed';
  message?: string;
}

export interface ImgapiErrorBody {
  code: string;
  message: string;
  errors?: readonly ImgapiFieldError[];
}

export interface ImgapiError {
  status: number;
  body: ImgapiErrorBody;
}

/** An error as IMGAPI clients read it, with long values in the message cut; `errors` is left out when there are none. */
export function imgapiError(status: number, code: ImgapiCode, told: string, errors: readonly ImgapiFieldError[] = []): ImgapiError {
  const message = shortened(told);
  return { status, body: errors.length === 0 ? { code, message } : { code, message, errors } };
}

/** The error with the status that belongs to its code. */
export function imgapiErrorOf(code: ImgapiCode, message: string, errors: readonly ImgapiFieldError[] = []): ImgapiError {
  return imgapiError(IMGAPI_STATUS[code], code, message, errors);
}

/** Words of the reference server, which clients match on. */
export function imageNotFound(uuid: string): ImgapiError {
  return imgapiErrorOf('ResourceNotFound', `image ${uuid} not found`);
}

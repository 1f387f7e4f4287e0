import { boundMessage } from '../platform/message-text.js';

/** The codes of IMGAPI that the gateway uses, with their HTTP statuses. */
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

export function isImgapiCode(name: string): name is ImgapiCode {
  return Object.hasOwn(IMGAPI_STATUS, name);
}

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

/** An error as IMGAPI clients read it, with the HTTP status of its code. Cuts long values in the message; leaves out empty `errors`. */
export function imgapiError(code: ImgapiCode, text: string, errors: readonly ImgapiFieldError[] = []): ImgapiError {
  const message = boundMessage(text);
  return { status: IMGAPI_STATUS[code], body: errors.length === 0 ? { code, message } : { code, message, errors } };
}

/** The error for a missing image; clients match on this message of the reference server. */
export function imageNotFound(uuid: string): ImgapiError {
  return imgapiError('ResourceNotFound', `image ${uuid} not found`);
}

import { boundMessage } from '../platform/message-text.js';

/** The codes of IMGAPI with their HTTP statuses. */
export const IMGAPI_STATUS = {
  AccountDoesNotExist: 422,
  BadRequestError: 400,
  Download: 400,
  ImageAlreadyActivated: 422,
  ImageFilesImmutable: 422,
  ImageHasDependentImages: 422,
  ImageNotShared: 422,
  ImageUuidAlreadyExists: 409,
  InsufficientServerVersion: 422,
  InternalError: 500,
  InvalidContent: 400,
  InvalidHeader: 400,
  InvalidParameter: 422,
  InvalidVersion: 400,
  MethodNotAllowedError: 405,
  NoActivationNoFile: 422,
  NotAvailable: 501,
  NotImageOwner: 422,
  NotImplemented: 400,
  NotMantaPathOwner: 422,
  OperatorOnly: 403,
  OriginDoesNotExist: 422,
  OriginIsNotActive: 422,
  OwnerDoesNotExist: 422,
  PreconditionFailed: 412,
  RemoteSourceError: 503,
  RequestThrottled: 429,
  ResourceNotFound: 404,
  ServiceUnavailableError: 503,
  StorageIsDown: 503,
  StorageUnsupported: 503,
  UnauthorizedError: 401,
  Upload: 400,
  ValidationFailed: 422,
} as const satisfies Record<string, number>;
export type ImgapiCode = keyof typeof IMGAPI_STATUS;

function isImgapiCode(name: string): name is ImgapiCode {
  return Object.hasOwn(IMGAPI_STATUS, name);
}

/** The code of that name, which may be given with or without `Error` at its end; null when there is none. */
export function imgapiCodeOf(name: string): ImgapiCode | null {
  return [name, `${name}Error`, name.replace(/Error$/, '')].find(isImgapiCode) ?? null;
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

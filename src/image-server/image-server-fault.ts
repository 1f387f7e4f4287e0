import { type ImgapiErrorBody, imgapiErrorOf } from '../imgapi/errors.js';

/** The body of an error that comes before the routes of the image server do, such as that of a path which cannot be decoded. */
export function imageServerFault(url: string, message: string): ImgapiErrorBody | null {
  return url.startsWith('/imgapi/') ? imgapiErrorOf('BadRequestError', message).body : null;
}

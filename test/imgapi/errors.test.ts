import { expect, it } from 'vitest';
import { imageNotFound, imgapiError } from '../../src/imgapi/errors.js';

it('an error has the status of its code and only the parts it needs', () => {
  expect(imageNotFound('abc')).toEqual({ status: 404, body: { code: 'ResourceNotFound', message: 'image abc not found' } });
  const errors = [{ field: 'state', code: 'Invalid' }] as const;
  expect(imgapiError('InvalidParameter', 'no', errors)).toEqual({ status: 422, body: { code: 'InvalidParameter', message: 'no', errors } });
  expect(imgapiError('ServiceUnavailableError', 'later')).toEqual({ status: 503, body: { code: 'ServiceUnavailableError', message: 'later' } });
});

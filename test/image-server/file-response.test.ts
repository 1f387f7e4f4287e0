import { describe, expect, it } from 'vitest';
import { type FileResponse, planFileResponse } from '../../src/image-server/file-response.js';

const SHA1 = 'bc846d5000000000000000000000000000000e12';
const MODIFIED = 'Tue, 24 Nov 2026 10:00:00 GMT';
const FILE = { size: 1000, sha1: SHA1, md5Hex: '63521f4d3832cdee2e0e6ba3fc135c32', modifiedAt: new Date('2026-11-24T10:00:00.789Z') };

function plan(headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET', file = FILE): FileResponse {
  return planFileResponse({ method, headers }, file);
}

const WHOLE = {
  etag: `"${SHA1}"`,
  'last-modified': MODIFIED,
  'accept-ranges': 'bytes',
  'content-type': 'application/octet-stream',
  'content-length': '1000',
  'content-md5': 'Y1IfTTgyze4uDmuj/BNcMg==',
};

describe('the whole file', () => {
  it('is sent with all its headers', () => {
    expect(plan()).toEqual({ status: 200, headers: WHOLE, range: null, sendBody: true });
  });

  it('is described without a body to HEAD, also when a range is asked', () => {
    expect(plan({ range: 'bytes=0-9' }, 'HEAD')).toEqual({ status: 200, headers: WHOLE, range: null, sendBody: false });
  });

  it('has no Content-MD5 when none is known', () => {
    expect(planFileResponse({ method: 'GET', headers: {} }, { ...FILE, md5Hex: null }).headers).not.toHaveProperty('content-md5');
  });

  it.each(['bytes=0-1,5-6', 'bytes=5-4', 'bytes=-', 'bytes=a-b', 'bytes 0-1', 'lines=0-1', 'bytes=0x1-2', ''])(
    'is sent for the range %j',
    (range) => {
      expect(plan({ range })).toMatchObject({ status: 200, range: null, sendBody: true });
    },
  );
});

describe('a part', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=990-', 990, 999],
    ['bytes=990-5000', 990, 999],
    ['bytes=0-99999999999999999999999', 0, 999],
    ['bytes=-10', 990, 999],
    ['bytes=-5000', 0, 999],
    ['Bytes=5-6', 5, 6],
  ])('is sent for %s', (range, start, end) => {
    const answer = plan({ range });
    expect(answer).toMatchObject({ status: 206, range: { start, end }, sendBody: true });
    expect(answer.headers).toMatchObject({ 'content-range': `bytes ${start}-${end}/1000`, 'content-length': String(end - start + 1) });
    expect(answer.headers).not.toHaveProperty('content-md5');
  });

  it.each(['bytes=1000-', 'bytes=99999999999999999999999-', 'bytes=-0'])('is refused for %s with the size', (range) => {
    const answer = plan({ range });
    expect(answer).toMatchObject({ status: 416, range: null, sendBody: false });
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */1000', 'content-length': '0' });
  });

  it('is refused of an empty file', () => {
    for (const range of ['bytes=0-', 'bytes=-1']) expect(plan({ range }, 'GET', { ...FILE, size: 0 }).status).toBe(416);
  });

  it.each([
    [`"${SHA1}"`, 206],
    [SHA1, 206],
    [MODIFIED, 206],
    [`W/"${SHA1}"`, 200],
    ['"other"', 200],
    ['Tue, 24 Nov 2026 10:00:01 GMT', 200],
    ['Tue, 24 Nov 2026 09:59:59 GMT', 200],
  ])('under If-Range %s is answered with %i', (condition, status) => {
    expect(plan({ range: 'bytes=0-9', 'if-range': condition }).status).toBe(status);
  });
});

describe('an unchanged file', () => {
  it.each([`"${SHA1}"`, SHA1, `W/"${SHA1}"`, `"other", "${SHA1}"`, '*'])('is known by If-None-Match %s', (tag) => {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = plan({ 'if-none-match': tag, range: 'bytes=5000-' }, method);
      expect(answer).toMatchObject({ status: 304, range: null, sendBody: false });
      expect(answer.headers).toEqual({ etag: `"${SHA1}"`, 'last-modified': MODIFIED, 'accept-ranges': 'bytes' });
    }
  });

  it.each([
    [MODIFIED, 304],
    ['Wed, 25 Nov 2026 10:00:00 GMT', 304],
    ['Tue, 24 Nov 2026 09:59:59 GMT', 200],
    ['yesterday', 200],
  ])('since %s is answered with %i', (since, status) => {
    expect(plan({ 'if-modified-since': since }).status).toBe(status);
  });

  it('is decided by its tag alone when both conditions are given', () => {
    expect(plan({ 'if-none-match': '"other"', 'if-modified-since': MODIFIED }).status).toBe(200);
  });
});

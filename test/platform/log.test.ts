import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/platform/log.js';

describe('the log', () => {
  it('writes one JSON object per line, from its level up', () => {
    const written = new PassThrough();
    const log = createLog('warn', { destination: written });
    log.info('too quiet');
    log.warn({ image: 'debian-12' }, 'loud enough');
    const lines = String(written.read()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ level: 40, image: 'debian-12', msg: 'loud enough', time: expect.stringMatching(/Z$/) }]);
  });

  it('never shows what signs people in', () => {
    const written = new PassThrough();
    const headers = { authorization: 'Bearer igw_x', cookie: 'igw_x', 'set-cookie': 'igw_x', host: 'here' };
    createLog('info', { destination: written }).info({ ...headers, headers, req: { headers }, connectionParams: { Authorization: 'Bearer igw_x' }, variables: { input: { password: 'igw_x' } }, key: 'igw_x', token: 'igw_x' });
    const line = String(written.read());
    expect(line).not.toContain('igw_x');
    expect(line).toContain('here');
  });
});

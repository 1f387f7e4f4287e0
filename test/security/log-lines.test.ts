import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/platform/log.js';
import { prettyLines } from '../../src/platform/log-pretty.js';
import { type GatewayProcess, startFresh, type TestClient } from '../support/gateway.js';
import { sendRaw } from '../support/raw-http.js';
import type { TemporaryFolder } from '../support/temp-folder.js';

/** Clears the screen, turns the text, begins a line that looks like one of ours, and asks for a format. */
const HOSTILE = '\u001b[2J\u009b31m\u202e\u2028\r\n[10:00:00] ERROR: forged %s %o %j\u0007';
// What a terminal obeys; the end of a line is ours.
const OBEYED = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

/** What both formats make of some lines. */
function written(colors: boolean, log: (logger: ReturnType<typeof createLog>) => void): Record<'json' | 'pretty', string> {
  const texts = { json: '', pretty: '' };
  log(createLog('info', { destination: { write: (line) => void (texts.json += line) } }));
  log(createLog('info', { destination: { write: (line) => void (texts.pretty += line) }, show: prettyLines({ colors }) }));
  return texts;
}

describe('a line of the log', () => {
  it('obeys no text of a caller, in a message, a value, a name, or an error', () => {
    const { json, pretty } = written(false, (log) => {
      log.info({ name: HOSTILE, [HOSTILE]: { list: [HOSTILE] } }, HOSTILE);
      log.error({ err: Object.assign(new Error(HOSTILE, { cause: new Error(HOSTILE) }), { code: HOSTILE }) }, 'A request failed.');
    });
    for (const text of [json, pretty]) {
      expect(text).not.toMatch(OBEYED);
      expect(text).not.toMatch(/^\[10:00:00\] ERROR/m);
      expect(text).toContain('forged %s %o %j');
    }
    expect(json.trim().split('\n').map((line) => JSON.parse(line) as { msg: string })).toMatchObject([{ msg: HOSTILE }, { msg: 'A request failed.' }]);
  });

  it('is readable on a terminal: time, level, message, values, and the frames of a stack', () => {
    const { pretty } = written(false, (log) => log.warn({ image: 'debian-12', err: new Error('no room') }, 'An import failed.'));
    expect(pretty).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: An import failed\. .*debian-12/);
    expect(pretty).toMatch(/no room\n\s+at .*log-lines\.test\.ts/);
    expect(written(true, (log) => log.info('coloured')).pretty).toContain('\u001b[32mINFO');
  });
});

describe.each(['json', 'pretty'])('a gateway that logs as %s', (format) => {
  let gateway: GatewayProcess;
  let admin: TestClient;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    ({ gateway, admin, folder } = await startFresh({ LOG_LEVEL: 'debug', LOG_FORMAT: format }));
  });
  afterAll(async () => {
    await gateway?.stop();
    await folder?.remove();
  });

  it('shows what callers send without obeying it', async () => {
    await admin.send('mutation ($name: String!) { deleteDatacenter(name: $name) }', { name: HOSTILE });
    await admin.send(`{ nothing(text: ${JSON.stringify(HOSTILE)}) }`);
    await admin.send('mutation ($name: String!) { createUser(input: { username: $name }) { username } }', { name: HOSTILE });
    await fetch(`${gateway.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"query": ${HOSTILE}` });
    await fetch(`${gateway.url}/imgapi/images?name=${encodeURIComponent(HOSTILE)}&wrong=${encodeURIComponent(HOSTILE)}`);
    await fetch(`${gateway.url}/${encodeURIComponent(HOSTILE)}`);
    await sendRaw(gateway.url, 'GET /livez HTTP/1.1\r\nHost: \u009b31m%s\r\nConnection: close\r\n\r\n');
    await gateway.stop();
    const logged = gateway.output();
    expect(logged).toContain('forged');
    expect(logged).not.toMatch(OBEYED);
    expect(logged).not.toMatch(/^\[10:00:00\] ERROR/m);
  });
});

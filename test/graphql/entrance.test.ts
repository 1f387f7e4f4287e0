import { expect, it } from 'vitest';
import { startFresh } from '../support/gateway.js';

it.each([
  ['on', 302, 'graphiql/', ''],
  ['off', 200, null, { service: 'image-gateway', paths: { graphql: '/graphql', imageServer: '/imgapi/images', alive: '/livez', ready: '/readyz', metrics: '/metrics' } }],
])('/ leads to GraphiQL, or names the paths: GRAPHIQL=%s', async (setting, status, location, body) => {
  const { gateway, folder } = await startFresh({ GRAPHIQL: setting });
  const response = await fetch(`${gateway.url}/?token=secret`, { redirect: 'manual' });
  const text = await response.text();
  expect([response.status, response.headers.get('location'), text === '' ? '' : JSON.parse(text)]).toEqual([status, location, body]);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  await gateway.stop();
  await folder.remove();
});

import type { Logger } from 'pino';
import { issueApiKey } from '../access/api-keys/issue-api-key.js';
import { User } from '../access/people/user.entity.js';
import { type Gateway, startGateway } from '../app.js';
import type { Config } from '../config/config.js';
import { GatewayClient } from './gateway-client.js';
import { SampleRepository } from './sample-repository.js';
import { connectRepository, createWorld, PERSONAS } from './sample-world.js';

const OPERATOR = { username: 'admin', about: 'SuperAdmin: may do everything' };

async function keysFor(gateway: Gateway, usernames: readonly string[]): Promise<Map<string, string>> {
  return gateway.database.em.fork().transactional(async (tx) => {
    const keys = new Map<string, string>();
    for (const username of usernames) {
      keys.set(username, issueApiKey(tx, await tx.findOneOrFail(User, { username }), 'demo sign-in').key);
    }
    return keys;
  });
}

function welcome(gateway: Gateway, dataDir: string, keys: ReadonlyMap<string, string>): string {
  const rows = [OPERATOR, ...PERSONAS].map(({ username, about }) => {
    const link = `${gateway.publicUrl}/graphiql#token=${keys.get(username)}`;
    return `    ${username.padEnd(7)} ${about}\n            ${link}\n`;
  });
  return `
  The image gateway is running with a sample world. Open one of these links to sign in; the tabs lead through the tour:

${rows.join('')}
  Image server: ${gateway.publicUrl}/imgapi/images    Stop with Ctrl-C; start afresh by deleting ${dataDir}.
`;
}

/** Starts a gateway with sample data, and a local image repository that it loads from. */
export async function startDemo(config: Config, log: Logger): Promise<Gateway & { welcome: string }> {
  const repository = await SampleRepository.start();
  const gateway = await startGateway(config, log);
  const admin = (await keysFor(gateway, [OPERATOR.username])).get(OPERATOR.username) ?? '';
  const client = new GatewayClient(gateway.publicUrl, admin);
  await connectRepository(client, repository);
  if (gateway.firstKey !== null) await createWorld(client, repository);
  const keys = await keysFor(gateway, PERSONAS.map((persona) => persona.username));
  keys.set(OPERATOR.username, admin);
  return {
    ...gateway,
    welcome: welcome(gateway, config.dataDir, keys),
    async close() {
      await gateway.close();
      await repository.close();
    },
  };
}

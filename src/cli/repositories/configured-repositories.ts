import type { GatewayClient } from '../server/gateway-client.js';

export interface ConfiguredRepository {
  name: string;
  url: string;
}

interface Settings {
  vmsImageRepositories: ConfiguredRepository[];
}

const READ = 'query CliConfiguredRepositories { globalSettings { vmsImageRepositories { name url } } }';
const WRITE = `mutation CliConfigureRepositories($repositories: [NamedUrlInput!]!) {
  updateGlobalSettings(input: { vmsImageRepositories: $repositories }) { vmsImageRepositories { name url } }
}`;

/** The remote repositories of the settings. */
export async function readConfigured(client: GatewayClient): Promise<ConfiguredRepository[]> {
  const { globalSettings } = await client.run<{ globalSettings: Settings }>(READ);
  return globalSettings.vmsImageRepositories;
}

/** Replaces the remote repositories: one that stays under its name and address keeps its list. */
export async function writeConfigured(client: GatewayClient, repositories: readonly ConfiguredRepository[]): Promise<ConfiguredRepository[]> {
  const { updateGlobalSettings } = await client.run<{ updateGlobalSettings: Settings }>(WRITE, { repositories });
  return updateGlobalSettings.vmsImageRepositories;
}

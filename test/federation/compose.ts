import { composeServices as composeApollo } from '@apollo/composition';
import { composeServices as composeHive } from '@theguild/federation-composition';
import { federateSubgraphs } from '@wundergraph/composition';
import { parse } from 'graphql';

export interface Service {
  name: string;
  url: string;
  sdl: string;
}

function asServices(services: readonly Service[]) {
  return services.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
}

function messages(errors: readonly Error[] | undefined): string[] {
  return (errors ?? []).map(({ message }) => message);
}

/** What each composer says against these subgraphs; nothing, when they fit together. */
export const COMPOSERS: Record<string, (services: readonly Service[]) => string[]> = {
  Apollo: (services) => messages(composeApollo(asServices(services)).errors),
  Hive: (services) => messages(composeHive(asServices(services)).errors),
  // The one inside "wgc router compose".
  Cosmo: (services) => {
    const subgraphs = services.map(({ name, url, sdl }) => ({ name, url, definitions: parse(sdl) }));
    const result = federateSubgraphs({ subgraphs, version: '1' });
    return result.success ? [] : messages(result.errors);
  },
};

export function supergraphOf(services: readonly Service[]): string {
  const { supergraphSdl, errors } = composeApollo(asServices(services));
  if (supergraphSdl === undefined) throw new Error(messages(errors).join('\n'));
  return supergraphSdl;
}

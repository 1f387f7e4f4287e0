import { Refused } from '../command-error.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { type Listed, listPages, type Page } from '../server/list-pages.js';

const FIELDS = 'uuid name version osType type state size downloadSize publishedAt importable notImportableReason image { uuid name version status }';
const LIST = `query CliOfferedImages($repository: String!, $first: Int, $after: String, $filter: RepositoryImageFilter) {
  imageRepository(name: $repository) {
    images(first: $first, after: $after, filter: $filter) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
  }
}`;
const ONE = `query CliOfferedImage($repository: String!, $uuid: UUID!) { imageRepository(name: $repository) { image(uuid: $uuid) { ${FIELDS} } } }`;

/** An image that a repository offers. */
export interface OfferedImage {
  uuid: string;
  name: string;
  version: string;
  osType: string | null;
  type: string;
  state: string;
  size: number;
  downloadSize: number;
  publishedAt: string | null;
  importable: boolean;
  notImportableReason: string | null;
  /** The image of the catalogue with the same UUID. */
  image: { uuid: string; name: string; version: string; status: string } | null;
}

export interface OfferFilter {
  search?: string | undefined;
  importable?: boolean | undefined;
  osType?: readonly string[] | undefined;
}

/** What a repository offers, newest first. Throws Refused when there is none of that name. */
export async function listOffered(client: GatewayClient, repository: string, filter: OfferFilter, limit: number): Promise<Listed<OfferedImage>> {
  return listPages(limit, async (page) => {
    const answer = await client.run<{ imageRepository: { images: Page<OfferedImage> } | null }>(LIST, { repository, filter, ...page });
    return (answer.imageRepository ?? noRepository(repository)).images;
  });
}

/** One image that a repository offers. Throws Refused when there is none. */
export async function readOffered(client: GatewayClient, repository: string, uuid: string): Promise<OfferedImage> {
  const answer = await client.run<{ imageRepository: { image: OfferedImage | null } | null }>(ONE, { repository, uuid });
  const { image } = answer.imageRepository ?? noRepository(repository);
  if (image !== null) return image;
  throw new Refused(`NOT_FOUND: Repository ${repository} offers no image ${uuid}; see "repos browse ${repository}".`, 'NOT_FOUND');
}

function noRepository(name: string): never {
  throw new Refused(`NOT_FOUND: There is no repository "${name.slice(0, 200)}"; see "repos ls".`, 'NOT_FOUND');
}

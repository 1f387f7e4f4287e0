import { Refused } from '../command-error.js';
import { listOffered, type OfferedImage } from '../repositories/offered-images.js';
import type { GatewayClient } from '../server/gateway-client.js';

/** A search finds the name in other names and in descriptions as well. */
const MOST_FOUND = 5000;

/** The newest image of exactly this name that is in the catalogue or could be. Throws Refused, with the reason, when there is none. */
export async function newestOffer(client: GatewayClient, repository: string, name: string): Promise<OfferedImage> {
  const { rows } = await listOffered(client, repository, { search: name }, MOST_FOUND);
  const named = rows.filter((offer) => offer.name === name);
  const [newest] = named.filter((offer) => offer.importable || isHere(offer));
  if (newest !== undefined) return newest;
  const [other] = named;
  if (other === undefined) throw new Refused(`NOT_FOUND: Repository ${repository} offers no image named "${name.slice(0, 200)}". Look with "repos browse ${repository}", or load its list with "repos refresh ${repository}".`, 'NOT_FOUND');
  throw new Refused(`${other.notImportableReason ?? 'FAILED'}: No image named ${name} of repository ${repository} can be imported; the newest is ${other.version} (${other.uuid}).`, other.notImportableReason);
}

/** Whether the catalogue has it, perhaps unseen by the caller. */
export function isHere({ image, notImportableReason }: OfferedImage): boolean {
  return image !== null || notImportableReason === 'ALREADY_EXISTS';
}

import type { SqlEntityManager } from '../../src/platform/database/database.js';
import { joinTexts, sqlText, sqlValues } from '../../src/platform/database/sql-text.js';
import { writeAtOnce } from '../../src/platform/database/write-rows.js';

/** An image as its row and its manifest have it. */
export interface ImageFacts {
  id: number;
  uuid: string;
  name: string;
  version: string;
  access: 'PUBLIC' | 'PRIVATE' | 'DELETED';
  publishedAt: number;
  type: string;
  os: string;
  tags: Record<string, unknown>;
}

const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 3600 * 1000;

function uuidOf(id: number): string {
  // Spread, so that the order of uuids is not that of ids.
  const head = ((id * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
  return `${head}-0000-4000-8000-${id.toString(16).padStart(12, '0')}`;
}

/** The image of that number: 14 of 20 are PUBLIC, 5 PRIVATE, one DELETED; several share each date of publication. */
export function imageFacts(id: number): ImageFacts {
  const part = (id * 7) % 20;
  return {
    id,
    uuid: uuidOf(id),
    name: `image-${id}`,
    version: `1.${id % 7}`,
    access: part < 14 ? 'PUBLIC' : part < 19 ? 'PRIVATE' : 'DELETED',
    publishedAt: FIRST_DAY + ((id * 31) % 97) * DAY_MS,
    type: id % 3 === 0 ? 'zone-dataset' : 'zvol',
    os: id % 3 === 0 ? 'smartos' : id % 5 === 0 ? 'bsd' : 'linux',
    tags: { group: `g${id % 50}`, ...(id % 100 === 0 && { list: ['a', 'b'], flag: true, long: 'x'.repeat(101) }) },
  };
}

/** The manifest that the image came with; `padding` characters make it as long as real ones are. */
function manifestOf({ uuid, name, version, publishedAt, type, os, tags }: ImageFacts, padding: number): string {
  const given = { v: 2, uuid, owner: '352971aa-31ba-496c-9ade-a379feaecd52', name, version, state: 'active', public: true, published_at: new Date(publishedAt).toISOString() };
  return JSON.stringify({ ...given, type, os, urn: 'x'.repeat(padding), tags, billing_tags: ['paid'] });
}

/** Writes images with a file past the gateway, as fast as the database takes them; their bytes are in no store. */
export async function insertImages(em: SqlEntityManager, images: readonly ImageFacts[], padding = 500): Promise<void> {
  for (let at = 0; at < images.length; at += 500) {
    const rows = images.slice(at, at + 500).map((image) => sqlText`(${sqlValues([
      image.id, image.uuid, image.name, image.name, image.name, image.version, image.access, 1, 1024, 'LINUX_VM', 'OK', '', image.name, manifestOf(image, padding),
      1000, image.id.toString(16).padStart(40, '0'), '0'.repeat(64), 'gzip', 0, 0,
    ])})`);
    await writeAtOnce(em, sqlText`insert into image (
      id, uuid, name, alias, alias_key, version, access, owner_id, size_mib, os_type, status, description, search_text, manifest,
      file_size, file_sha1, file_sha256, file_compression, created_at, updated_at) values ${joinTexts(rows, ', ')}`);
  }
}

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { ClusterClient } from './client.js';

/** What is shown of an image, and how its bytes can be told. */
export interface ImageModel {
  name: string;
  uuid: string;
  alias: string;
  version: string;
  description: string;
  access: string;
  tags: readonly string[];
  /** Sorted. */
  datacenters: readonly string[];
  bound: string | null;
}

/** The bytes of an image at their source; gzipped on the way when they come from a snapshot. */
export interface Bytes {
  sha1: string;
  isGzipped: boolean;
}

const FIELDS = 'uuid name alias version description access status tags boundDatacenter { name } datacenters { name }';

export interface ShownImage extends ImageModel {
  status: string;
}

/** The image as some gateway shows it; null when there is none. */
export async function readImage(client: ClusterClient, name: string): Promise<ShownImage | null> {
  const { image } = await client.read(`query ($name: String) { image(name: $name) { ${FIELDS} } }`, { name });
  if (image === null) return null;
  const { boundDatacenter, datacenters, ...rest } = image;
  return { ...rest, bound: boundDatacenter?.name ?? null, datacenters: datacenters.map((datacenter: { name: string }) => datacenter.name).sort() };
}

/** One line that two equal images have in common. `null` is an image that is not there. */
export function imageLine(image: ImageModel | null): string {
  if (image === null) return 'absent';
  const { name, uuid, alias, version, description, access, tags, datacenters, bound } = image;
  return JSON.stringify([name, uuid, alias, version, description, access, [...tags].sort(), datacenters, bound]);
}

/** Null when the file is that of the source; else what is wrong with it. */
export function faultOfFile(file: Buffer, { sha1, isGzipped }: Bytes): string | null {
  try {
    const found = createHash('sha1').update(isGzipped ? gunzipSync(file) : file).digest('hex');
    return found === sha1 ? null : `${file.length} bytes with the SHA-1 ${found} in place of ${sha1}`;
  } catch (error) {
    return `${file.length} bytes that cannot be unpacked: ${String(error)}`;
  }
}

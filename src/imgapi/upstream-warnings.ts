import type { ImgManifest } from './manifest.js';

/** What the source says of an image that the importer should know, one sentence each: the gateway imports it all the same. */
export function upstreamWarnings({ state, disabled, public: isPublic }: Pick<ImgManifest, 'state' | 'disabled' | 'public'>): string[] {
  const warnings: string[] = [];
  if (disabled || state === 'disabled') warnings.push('The source has disabled this image: it no longer offers it for new servers.');
  if (state !== 'active' && state !== 'disabled') warnings.push(`The state of this image at the source is "${state}", not "active": it may be incomplete there.`);
  if (!isPublic) warnings.push('This image is private at the source.');
  return warnings;
}

import type { DatacenterRef } from '../../access/viewer.js';
import { shownUrl } from '../../platform/fetch/shown-url.js';

/** Where the manifest and the bytes of an import come from. */
export interface ImportSource {
  manifestUrl: string;
  fileUrl: string;
  /** The image that the manifest must be of; null when the caller named a URL only. */
  uuid: string | null;
  /** The repository it is imported from; null for a bare manifest URL. */
  repositoryId: number | null;
  /** The bytes lie in the image store already, placed there by hand. */
  isLocal: boolean;
}

/** As the detail of a task shows it. */
export function shownSource({ manifestUrl, fileUrl }: ImportSource): { manifestUrl: string; fileUrl: string } {
  return { manifestUrl: shownUrl(manifestUrl), fileUrl: shownUrl(fileUrl) };
}

/** What the worker keeps of an import, in `task.instructions`. */
export interface ImportInstructions {
  fileUrl: string;
  isLocal: boolean;
  size: number;
  sha1: string;
  compression: string;
  /** The image was there before, without a file: its undo takes the bytes back and leaves the image. */
  keepsRow?: boolean;
  /** With `keepsRow`: where the caller asked to import to, null for nowhere; the image may be bound elsewhere. */
  admittedTo?: DatacenterRef | null;
  /** Set just before publishing: a restart then knows what lies in the store, and whose it is. */
  digest?: { size: number; sha1: string; sha256: string; md5: string };
  /** The bytes were in the store before this import, so its undo leaves them there. */
  inPlace?: boolean;
}

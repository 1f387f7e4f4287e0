import type { DatacenterRef } from '../../access/viewer.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';

/** Where the manifest and the file of an import come from. */
export interface ImportSource {
  manifestUrl: string;
  fileUrl: string;
  /** The image that the manifest must be of; null when the caller named a URL only. */
  uuid: string | null;
  /** The repository it is imported from; null for a bare manifest URL. */
  repositoryId: number | null;
  /** The file is in the image store already, placed there by hand. */
  isLocal: boolean;
  /** When the local repository was loaded, if the stored file was found to differ from its manifest then. */
  mismatchedAt?: number | null;
}

/** Where the file is unless the caller names another URL: `/file` added to the path of the manifest's URL, whose query stays. */
export function defaultFileUrl(manifestUrl: string): string {
  const url = new URL(manifestUrl);
  url.hash = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/file`;
  return url.href;
}

/** The source as the detail of a task shows it. */
export function shownSource({ manifestUrl, fileUrl }: ImportSource): { manifestUrl: string; fileUrl: string } {
  return { manifestUrl: redactUrl(manifestUrl), fileUrl: redactUrl(fileUrl) };
}

/** What the worker needs for an import, stored in `task.instructions`. */
export interface ImportInstructions {
  fileUrl: string;
  isLocal: boolean;
  /** The repository whose user and password the download may use. */
  repositoryId?: number | null;
  size: number;
  sha1: string;
  /** As the manifest says. */
  compression: string;
  /** The image was there before, without a file: its undo removes the file and leaves the image. */
  keepsRow?: boolean;
  /** With `keepsRow`: the datacenter that the caller named, null for none. The image may be bound to another one. */
  admittedTo?: DatacenterRef | null;
  /** The task that brings the base of the image, if it was not there yet. */
  originTaskId?: string;
  /** In tasks of versions that knew only pairs: this import has published the pair of its image, or, with `inPlace`, found it there. */
  digest?: { size: number };
  inPlace?: boolean;
}

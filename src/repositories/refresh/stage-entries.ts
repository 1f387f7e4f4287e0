import { EventLoopYielder } from '../../platform/scheduling/event-loop-yielder.js';
import type { ListDiff } from './list-diff.js';
import { contentHash, type ParsedEntry, type RemoteManifest, remoteManifestColumns, type SkippedEntry } from './remote-manifest.js';
import type { StagingGeneration } from './staging-generation.js';

const MAX_LISTED = 50;

/** Counts the entries that a refresh leaves out, and lists the first 50 of them with their reasons. */
export class SkippedEntries {
  count = 0;
  readonly listed: SkippedEntry[] = [];

  add({ uuid, reason }: SkippedEntry): void {
    this.count += 1;
    if (this.listed.length < MAX_LISTED) this.listed.push({ uuid, reason });
  }
}

/** What staging works with; `checkpoint` throws once the refresh is to stop. */
export interface Staging {
  diff: ListDiff;
  generation: StagingGeneration;
  checkpoint: () => void;
}

/** Reads a list to its end and stages every entry that is new or has changed. Returns the entries left out. */
export async function stageEntries(batches: AsyncIterable<readonly ParsedEntry[]>, staging: Staging): Promise<SkippedEntries> {
  const { generation, checkpoint } = staging;
  const skipped = new SkippedEntries();
  const yielder = new EventLoopYielder();
  for await (const entries of batches) {
    checkpoint();
    await yielder.yieldIfDue();
    for (const entry of entries) {
      if ('remote' in entry) stageManifest(entry.remote, staging, skipped);
      else skipped.add(entry);
      if (generation.isFull) await generation.flush();
    }
  }
  await generation.flush();
  return skipped;
}

function stageManifest(remote: RemoteManifest, { diff, generation }: Staging, skipped: SkippedEntries): void {
  const { uuid } = remote.manifest;
  const hash = contentHash(remote);
  const change = diff.classify(uuid, hash);
  if (change.kind === 'duplicate') skipped.add({ uuid, reason: `The list has ${uuid} more than once; the first entry counts.` });
  if (change.kind === 'added') generation.add(remoteManifestColumns(remote, hash));
  if (change.kind === 'changed') generation.add(remoteManifestColumns(remote, hash), change.replaces);
}

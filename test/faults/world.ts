import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mayMount, mountSmallStore, type SmallStore } from '../support/small-store.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temp-folder.js';
import type { FaultHistory } from './history.js';
import { Member, type MemberPlan } from './member.js';
import type { Rows } from './rows.js';
import { type Source, startSource } from './source.js';

/** What runs a database and may be taken away for a while. */
export interface Outage {
  name: string;
  /** Takes it away and brings it back. */
  restart: (isCrash: boolean) => Promise<void>;
}

/** A cluster of gateways over one database and one store, and the source of their images. */
export interface FaultWorld {
  isSqlite: boolean;
  members: readonly Member[];
  /** A further worker, which does not run yet; null where there can be one process only. */
  spare: Member | null;
  rows: Rows;
  source: Source;
  /** The folder of the image store. */
  storePath: string;
  /** The disk that is filled; null where this user may not mount one. */
  disk: SmallStore | null;
  outages: readonly Outage[];
  /** A key of admin. */
  key: string;
  /** What could not be had here, in words for the report. */
  missing: readonly string[];
  /** Settings with which a command runs beside the gateways. */
  settings: Readonly<Record<string, string>>;
  skewClock(member: Member, ms: number): Promise<void>;
  close(): Promise<void>;
}

export const DISK_MIB = 192;
const CLOCK = fileURLToPath(new URL('./clock.mjs', import.meta.url));

/** What both kinds of world are built of. */
export interface Ground {
  folder: TemporaryFolder;
  disk: SmallStore | null;
  source: Source;
  missing: string[];
  /** Settings of every member. */
  settings: (name: string) => Record<string, string>;
  member: (plan: Pick<MemberPlan, 'name' | 'run' | 'isAlone' | 'settings' | 'folder'>) => Member;
  skewClock: FaultWorld['skewClock'];
  close: () => Promise<void>;
}

/** Lays the ground: folders, a small disk, a source, settings. */
export async function layGround(history: FaultHistory): Promise<Ground> {
  const [folder, source, missing] = [await temporaryFolder(), await startSource(), [] as string[]];
  const disk = mayMount() ? await mountSmallStore(DISK_MIB) : null;
  if (disk === null) missing.push('a disk of its own: this user may not mount one, so no disk was filled');
  const clockOf = (name: string): string => join(folder.path, `clock-${name}`);
  return {
    folder, disk, source, missing,
    settings: (name) => ({
      NODE_OPTIONS: `--import=${CLOCK}`,
      CLOCK_OFFSET_FILE: clockOf(name),
      IMPORT_CONCURRENCY: '16',
      IMPORT_RETRY_FOR: '20',
      COST_PER_SECOND: '1000000000',
      COST_BURST: '1000000000',
      GRAPHIQL: 'off',
    }),
    member: (plan) => new Member(plan, history),
    skewClock: async ({ name }, ms) => writeFile(clockOf(name), String(ms)),
    close: async () => {
      await source.close();
      await disk?.remove();
      await folder.remove();
    },
  };
}

/** A folder below that path. */
export async function subfolder(path: string, name: string): Promise<string> {
  const made = join(path, name);
  await mkdir(made, { recursive: true });
  return made;
}

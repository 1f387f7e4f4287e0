import { describe, expect, it } from 'vitest';
import { readRows } from '../../src/platform/database/read/read-rows.js';
import { mergeSearchIndexes, searchPieces } from '../../src/platform/database/search/search-upkeep.js';
import { searchedIds } from '../../src/platform/database/search/trigrams.js';
import { sqlText } from '../../src/platform/database/sql-text.js';
import { writeAtOnce } from '../../src/platform/database/write-rows.js';
import { openMigratedDatabase, type TestedDatabase } from '../support/database.js';

const PIECES = 40;

/** Each transaction leaves a piece, as nothing is merged on the way. */
async function fill({ database }: TestedDatabase, from: number): Promise<void> {
  const run = async (text: string): Promise<unknown> => database.em.fork().getConnection().execute(text, [], 'run');
  await run("insert into image_search (image_search, rank) values ('automerge', 0)");
  await run("insert into image_search (image_search, rank) values ('crisismerge', 1000)");
  await run("insert or ignore into user_account (id, username, created_at) values (1, 'owner', 0)");
  for (let id = from; id < from + PIECES; id += 1) {
    await run(`insert into image (id, uuid, name, alias, alias_key, version, owner_id, access, size_mib, os_type, search_text, manifest, created_at, updated_at)
      values (${id}, 'u${id}', 'image-${id}', 'a', '${id}', '1', 1, 'PUBLIC', 1, 'LINUX_VM', 'image-${id} words', '{}', 0, 0)`);
  }
}

async function found({ database }: TestedDatabase, text: string): Promise<number[]> {
  return (await readRows<[number]>(database.em.fork(), searchedIds('image', text))).map(([id]) => id).toSorted((one, other) => one - other);
}

describe('the search index of an SQLite file', () => {
  it('is merged into one piece that finds the same, while others write', async () => {
    await using opened = await openMigratedDatabase();
    await fill(opened, 1);
    expect(await searchPieces(opened.database, 'image')).toBe(PIECES);
    const merged = mergeSearchIndexes(opened.database);
    await writeAtOnce(opened.database.em.fork(), sqlText`delete from image where id = 7`);
    await merged;
    expect(await searchPieces(opened.database, 'image')).toBeLessThanOrEqual(4);
    const all = Array.from({ length: PIECES }, (_, at) => at + 1).filter((id) => id !== 7);
    expect(await found(opened, 'words')).toEqual(all);
    expect(await found(opened, 'image-23')).toEqual([23]);
    expect(await found(opened, 'image-7')).toEqual([]);
  });

  it('is left as it is by one who is told to stop, and merged the next time', async () => {
    await using opened = await openMigratedDatabase();
    await fill(opened, 1);
    const stopped = new AbortController();
    stopped.abort();
    await mergeSearchIndexes(opened.database, stopped.signal);
    expect(await searchPieces(opened.database, 'image')).toBe(PIECES);
    await fill(opened, 100);
    await mergeSearchIndexes(opened.database);
    expect(await searchPieces(opened.database, 'image')).toBeLessThanOrEqual(4);
    expect(await found(opened, 'words')).toHaveLength(2 * PIECES);
  });
});

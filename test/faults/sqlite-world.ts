import { join } from 'node:path';
import type { FaultHistory } from './history.js';
import { openRows } from './rows.js';
import { writeTaskLog } from './task-log.js';
import { type FaultWorld, layGround, subfolder } from './world.js';

/** One gateway over an SQLite file, which lies on the same small disk as the image store. */
export async function startSqliteWorld(history: FaultHistory): Promise<FaultWorld> {
  const ground = await layGround(history);
  const data = await subfolder(ground.disk?.path ?? ground.folder.path, 'data');
  const member = ground.member({ name: 'one', run: 'api,worker', folder: data, isAlone: true, settings: ground.settings });
  const key = await member.start();
  const home = join(data, 'one');
  const path = join(home, 'gateway.sqlite');
  const rows = openRows({ kind: 'sqlite', path });
  await writeTaskLog(rows);
  return {
    ...ground,
    isSqlite: true,
    members: [member],
    spare: null,
    rows,
    storePath: join(home, 'images'),
    outages: [],
    key: key ?? '',
    settings: { DATA_DIR: home, DATABASE_URL: `sqlite:${path}` },
    async close() {
      await member.stop();
      await ground.close();
    },
  };
}

import { buildOrStop } from './build.js';
import { begin, built, configured, stop } from './project.js';

begin(`npm run migrate -- [up | status | create NAME], on the database of DATABASE_URL:
  up           apply every migration that is missing (the default; start does this by itself)
  status       list what is applied and what is missing
  create NAME  write a new migration from the difference between the entities and the last one`);
await buildOrStop();
const { openDatabase } = await built('platform/database/database.js');
const { runMigrateCommand } = await built('platform/database/migrate.js');
const { ENTITIES } = await built('entities.js');
const { database: target } = await configured();
const database = await openDatabase(target, ENTITIES);
try {
  console.log(await runMigrateCommand(process.argv.slice(2), database));
} catch (error) {
  stop(error.message);
} finally {
  await database.close(true);
}

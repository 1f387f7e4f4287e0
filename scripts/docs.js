import { writeFile } from 'node:fs/promises';
import { buildOrStop } from './build.js';
import { begin, built, pathOf } from './project.js';

begin('npm run docs: writes docs/configuration.md and docs/permissions.md from the tables that the gateway itself uses.');
await buildOrStop();
const { configMarkdown } = await built('config/config.js');
const { permissionsMarkdown } = await built('access/permissions-doc.js');
await writeFile(pathOf('docs', 'configuration.md'), configMarkdown());
await writeFile(pathOf('docs', 'permissions.md'), permissionsMarkdown());

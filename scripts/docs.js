import { readFile, writeFile } from 'node:fs/promises';
import { buildOrStop } from './build.js';
import { begin, built, pathOf } from './project.js';

begin('npm run docs: writes docs/configuration.md, docs/permissions.md, docs/errors.md, docs/command-line.md and the names in docs/federation.md from what the gateway itself uses.');
await buildOrStop();
const { configMarkdown } = await built('config/config.js');
const { permissionsMarkdown } = await built('access/permissions-doc.js');
const { errorsMarkdown } = await built('graphql/pipeline/errors-doc.js');
const { commandLineMarkdown } = await built('cli/commands-doc.js');
const { apiSdl } = await built('graphql/schema/schema.js');
const { withRootNames } = await built('graphql/schema/root-names-doc.js');
await writeFile(pathOf('docs', 'configuration.md'), configMarkdown());
await writeFile(pathOf('docs', 'permissions.md'), permissionsMarkdown());
await writeFile(pathOf('docs', 'errors.md'), errorsMarkdown());
await writeFile(pathOf('docs', 'command-line.md'), await commandLineMarkdown());
const federation = pathOf('docs', 'federation.md');
await writeFile(federation, withRootNames(await readFile(federation, 'utf8'), await apiSdl()));

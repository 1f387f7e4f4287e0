import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);
const COMPILER = require.resolve('relay-compiler/cli.js');
const SCHEMA = new URL('../../schema.graphql', import.meta.url);

/** Compiles modules, given as name and text, in this folder. Returns the folder of the artifacts, which are CommonJS; throws what the compiler says. */
export async function compileForRelay(folder: string, modules: Readonly<Record<string, string>>): Promise<string> {
  const src = join(folder, 'src');
  const artifacts = join(src, 'generated');
  await mkdir(artifacts, { recursive: true });
  await copyFile(SCHEMA, join(folder, 'schema.graphql'));
  for (const [name, text] of Object.entries(modules)) await writeFile(join(src, `${name}.js`), text);
  const config = { src: './src', schema: './schema.graphql', language: 'javascript', artifactDirectory: './src/generated' };
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config));
  await promisify(execFile)(process.execPath, [COMPILER, 'relay.config.json'], { cwd: folder });
  return artifacts;
}

/** The text of a module with these documents. */
export function relayModule(documents: readonly string[]): string {
  return `import { graphql } from 'relay-runtime';\n${documents.map((one, at) => `export const d${at} = graphql\`${one}\`;`).join('\n')}\n`;
}

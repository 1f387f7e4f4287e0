import { describe, expect, it } from 'vitest';
import { permissionsMarkdown } from '../../src/access/permissions-doc.js';
import { commandLineMarkdown } from '../../src/cli/commands-doc.js';
import { configMarkdown } from '../../src/config/config.js';
import { errorsMarkdown } from '../../src/graphql/pipeline/errors-doc.js';
import { withRootNames } from '../../src/graphql/schema/root-names-doc.js';
import { projectFile } from './sources.js';

// Red after a change of a table: run "npm run docs".
describe('the generated pages', () => {
  it('docs/configuration.md says what the process reads', () => {
    expect(projectFile('docs/configuration.md')).toBe(configMarkdown());
  });

  it('docs/permissions.md says what the permission matrix holds', () => {
    expect(projectFile('docs/permissions.md')).toBe(permissionsMarkdown());
  });

  it('docs/errors.md says what the tables of codes hold', () => {
    expect(projectFile('docs/errors.md')).toBe(errorsMarkdown());
  });

  it('docs/command-line.md says what each command helps with', async () => {
    expect(projectFile('docs/command-line.md')).toBe(await commandLineMarkdown());
  });

  it('docs/federation.md names the root fields that the graph has', () => {
    const page = projectFile('docs/federation.md');
    expect(page).toBe(withRootNames(page, projectFile('schema.graphql')));
  });
});

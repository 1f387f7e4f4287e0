import { describe, expect, it } from 'vitest';
import { permissionsMarkdown } from '../../src/access/permissions-doc.js';
import { configMarkdown } from '../../src/config/config.js';
import { projectFile } from './sources.js';

// Red after a change of a table: run "npm run docs".
describe('the generated pages', () => {
  it('docs/configuration.md says what the process reads', () => {
    expect(projectFile('docs/configuration.md')).toBe(configMarkdown());
  });

  it('docs/permissions.md says what the permission matrix holds', () => {
    expect(projectFile('docs/permissions.md')).toBe(permissionsMarkdown());
  });
});

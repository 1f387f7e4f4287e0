/** owner-note becomes OwnerNote. */
export function classNameOf(name) {
  return name.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
}

/** The source of a migration. Each step is a comment, or null, and the statements below it. */
export function migrationSource(file, name, steps, added) {
  const lines = steps.flatMap(({ comment, statements }) => [
    ...(comment === undefined ? [] : comment.map((line) => `    // ${line}`)),
    ...statements.map((statement) => `    this.addSql(${quoted(statement)});`),
  ]);
  const body = lines.length > 0 ? lines : ['    // This database has nothing to change.'];
  return `import { Migration } from '@mikro-orm/migrations';

/** ${headerOf(name, added)} */
export class ${classNameOf(name)} extends Migration {

  override name = '${file}';

  override up(): void | Promise<void> {
${body.join('\n')}
  }

}
`;
}

function headerOf(name, added) {
  if (added.length === 0) return `${name.replaceAll('-', ' ')}.`.replace(/^./, (first) => first.toUpperCase());
  return `Adds ${added.map((column) => `${column.table}.${column.name}`).join(', ')}.`;
}

function quoted(statement) {
  if (!/['\\\n]/.test(statement)) return `'${statement}'`;
  if (!/["\\\n]/.test(statement)) return `"${statement}"`;
  return `\`${statement.replace(/[\\`]|\$(?=\{)/g, '\\$&')}\``;
}

/** The text of an index.ts with one more migration at the end of its list. */
export function listWith(text, file, name) {
  const imported = `import { ${classNameOf(name)} } from './${file}.js';\n`;
  const lastImport = text.lastIndexOf('\nimport ') + 1;
  const behind = text.indexOf('\n', lastImport) + 1;
  return `${text.slice(0, behind)}${imported}${text.slice(behind)}`.replace(/,?\s*\];\s*$/, `, ${classNameOf(name)}];\n`);
}

import type { SourceFile } from './sources.js';
import { childOf, childrenOf, type Finding, findingAt, memberOf, nameOf, type SyntaxNode, walkFile } from './syntax.js';

/** Whoever has one of these can run a statement of any text. */
const DRIVERS = new Set(['kysely', 'pg', 'better-sqlite3', 'sqlite3', 'node:sqlite', 'sqlite']);
/** Methods that give a connection, and those of connections that take a text. */
const METHODS = new Set([
  'getConnection', 'getKysely', 'getClient', 'getNativeClient', 'createQueryBuilder', 'qb',
  'prepare', 'exec', 'query', 'executeQuery', 'execute', 'pragma', 'raw', 'loadExtension', 'addSql', 'compileQuery', 'executeDump', 'loadFile',
  // Of Kysely's query builder: statements are made by sqlText alone.
  'selectFrom', 'selectNoFrom', 'insertInto', 'replaceInto', 'updateTable', 'deleteFrom', 'mergeInto',
]);
/** What of the ORM, and of our own files, puts a text into a statement as it is, or gives a connection. */
const IMPORTED = new Set(['raw', 'sql', 'RawQueryFragment', 'QueryBuilder', 'NativeQueryBuilder']);
/** Types that stand for text of ours: what is cast to one may be anybody's. */
const TRUSTED_TYPES = /\b(SqlText|Column|Condition|KeysetOrder|ListStatement|ListPlan|TemplateStringsArray|Literal)\b/;

/** Every way in which something else than constant text could get into a statement, as `what`. */
export function waysIntoStatements(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  const report = (node: SyntaxNode, what: string): void => void found.push(findingAt(file, node, what));
  const patterns = regularExpressionsOf(file);
  walkFile(file, (node, parents) => {
    const [parent] = parents;
    switch (node.type) {
      case 'ImportDeclaration':
        importFaults(node).forEach((what) => report(node, what));
        break;
      case 'ImportExpression':
        if (DRIVERS.has(nameOf(childOf(node, 'source')) ?? '')) report(node, `import ${nameOf(childOf(node, 'source'))}`);
        break;
      case 'CallExpression':
        callFaults(node, patterns).forEach((what) => report(node, what));
        break;
      case 'NewExpression':
        if (nameOf(childOf(node, 'callee')) === 'SqlText') report(node, 'new SqlText');
        break;
      case 'Identifier':
        if (nameOf(node) === 'sqlText' && !isTagOrName(node, parent)) report(node, 'sqlText as no tag');
        break;
      case 'TaggedTemplateExpression':
        if (nameOf(childOf(node, 'tag')) === 'sqlText' && hasQuestionMark(node)) report(node, 'sqlText with ?');
        break;
      case 'TSAsExpression':
      case 'TSTypeAssertion':
        if (TRUSTED_TYPES.test(textOf(file, childOf(node, 'typeAnnotation')))) report(node, 'cast');
        break;
      case 'TSTypePredicate':
        if (TRUSTED_TYPES.test(textOf(file, node))) report(node, 'cast');
    }
  });
  return found;
}

function textOf(file: SourceFile, node: SyntaxNode | undefined): string {
  return node === undefined ? '' : file.text.slice(node.start, node.end);
}

/** Names of this file that are regular expressions, whose `exec` runs no statement. */
function regularExpressionsOf(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  walkFile(file, (node) => {
    const name = nameOf(childOf(node, 'id'));
    if (node.type === 'VariableDeclarator' && isPattern(childOf(node, 'init')) && name !== undefined) names.add(name);
  });
  return names;
}

function isPattern(node: SyntaxNode | undefined): boolean {
  if (node?.type === 'NewExpression') return nameOf(childOf(node, 'callee')) === 'RegExp';
  return node?.type === 'Literal' && node['regex'] !== undefined && node['regex'] !== null;
}

function importFaults(node: SyntaxNode): string[] {
  if (node['importKind'] === 'type') return [];
  const source = nameOf(childOf(node, 'source')) ?? '';
  const named = childrenOf(node, 'specifiers').filter((one) => one['importKind'] !== 'type');
  // An import without names runs the module, and one with types alone is none.
  if (DRIVERS.has(source)) return named.length > 0 || childrenOf(node, 'specifiers').length === 0 ? [`import ${source}`] : [];
  if (!source.startsWith('@mikro-orm/') && !source.endsWith('/database.js')) return [];
  return named.map((one) => nameOf(childOf(one, 'imported')) ?? '*').filter((name) => name === '*' || IMPORTED.has(name)).map((name) => `import ${name}`);
}

function callFaults(node: SyntaxNode, patterns: ReadonlySet<string>): string[] {
  const callee = childOf(node, 'callee');
  const [first] = childrenOf(node, 'arguments');
  const name = nameOf(callee);
  if (name === 'sqlOfTrigger') return ['sqlOfTrigger()'];
  if (name === 'sqlConstant') return hasCast(first) ? ['cast'] : [];
  // require('pg'), and createRequire(import.meta.url)('pg').
  if ((name === 'require' || callee?.type === 'CallExpression') && DRIVERS.has(nameOf(first) ?? '')) return [`import ${nameOf(first)}`];
  const method = memberOf(callee);
  const object = childOf(callee, 'object');
  if (method === undefined || !METHODS.has(method)) return [];
  if (method === 'exec' && (isPattern(object) || patterns.has(nameOf(object) ?? ''))) return [];
  const way = `${receiverOf(object)}.${method}()`;
  return [isJoined(first) ? `${way} of a joined text` : way];
}

/** The last name of what a method is called on: `client` of `this.#client`, `connection()` of `em.connection()`. */
function receiverOf(node: SyntaxNode | undefined): string {
  if (node?.type === 'CallExpression') return `${receiverOf(childOf(node, 'callee'))}()`;
  return (node?.type === 'ThisExpression' ? 'this' : (memberOf(node) ?? nameOf(node))) ?? '…';
}

/** Text put together where it is used: `a ${b}` or 'a' + b. */
function isJoined(node: SyntaxNode | undefined): boolean {
  return (node?.type === 'TemplateLiteral' && childrenOf(node, 'expressions').length > 0) || node?.type === 'BinaryExpression';
}

function hasCast(node: SyntaxNode | undefined): boolean {
  return node !== undefined && (node.type === 'TSAsExpression' || node.type === 'TSTypeAssertion' || node.type === 'TSNonNullExpression');
}

function isTagOrName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'TaggedTemplateExpression') return parent['tag'] === node;
  return parent.type === 'ImportSpecifier' || (parent.type === 'FunctionDeclaration' && parent['id'] === node);
}

function hasQuestionMark(node: SyntaxNode): boolean {
  const quasis = childrenOf(childOf(node, 'quasi'), 'quasis');
  return quasis.some((one) => (one['value'] as { raw: string }).raw.includes('?'));
}

/** What a migration takes from anywhere but its own text. */
export function inputsOfMigration(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  const methods = new Set<string>();
  walkFile(file, (node) => {
    if (node.type === 'MethodDefinition') methods.add(nameOf(childOf(node, 'key')) ?? '');
  });
  walkFile(file, (node) => {
    if (node.type === 'ImportDeclaration' && nameOf(childOf(node, 'source')) !== '@mikro-orm/migrations') found.push(findingAt(file, node, 'an import'));
    if (node.type === 'ImportExpression' || node.type === 'AwaitExpression') found.push(findingAt(file, node, 'something read'));
    if (node.type === 'MemberExpression' && childOf(node, 'object')?.type === 'ThisExpression' && memberOf(node) !== 'addSql' && !methods.has(memberOf(node) ?? '')) {
      found.push(findingAt(file, node, `this.${memberOf(node)}`));
    }
    if (node.type === 'Identifier' && /^(process|globalThis|global|fetch|require|Date|Math|crypto|Buffer)$/.test(nameOf(node) ?? '')) found.push(findingAt(file, node, nameOf(node) ?? ''));
  });
  return found;
}

/** Results of `JSON.parse` and of `.json()` that go on as `any`, which the compiler takes for everything, a column as well. */
export function untypedInputs(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  walkFile(file, (node, parents) => {
    if (node.type !== 'CallExpression') return;
    const callee = childOf(node, 'callee');
    const isParsed = (memberOf(callee) === 'parse' && nameOf(childOf(callee, 'object')) === 'JSON') || memberOf(callee) === 'json';
    const [parent, outer] = parents;
    const around = parent?.type === 'AwaitExpression' ? outer : parent;
    const isTyped = around?.type === 'TSAsExpression' || (around?.type === 'VariableDeclarator' && childOf(childOf(around, 'id'), 'typeAnnotation') !== undefined);
    if (isParsed && !isTyped) found.push(findingAt(file, node, 'any'));
  });
  return found;
}

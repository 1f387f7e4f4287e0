import type { SourceFile } from './sources.js';
import { childOf, childrenOf, type Finding, findingAt, memberOf, nameOf, type SyntaxNode, walkFile } from './syntax.js';

/** Names that are only ever numbers here: positions of lists, typed arrays and rows. */
const POSITIONS = new Set(['at', 'index', 'place', 'slot', 'turn', 'word', 'block', 'width', 'ownerAt', 'middle', 'position', 'size', 'length', 'status']);
/** Methods whose results are numbers. */
const NUMBERS = new Set(['floor', 'indexOf', 'charCodeAt', 'slotOf', 'indexAfter']);
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression', 'Program']);

/**
 * Objects that are read or written by a name that is known at run time only. What a caller named may be `__proto__` or
 * `constructor` then, which an object has without having been given it: a Map has not, and `Object.hasOwn` tells.
 */
export function namedAccesses(file: SourceFile, tables: ReadonlySet<string> = tablesIn([file])): Finding[] {
  const found: Finding[] = [];
  const textOf = (node: SyntaxNode | undefined): string => (node === undefined ? '' : file.text.slice(node.start, node.end));
  const report = (node: SyntaxNode, what: string): void => void found.push(findingAt(file, node, what));
  const bare = withoutPrototype(file);
  walkFile(file, (node, parents) => {
    const [parent] = parents;
    if (node.type === 'MemberExpression' && node['computed'] === true && isName(childOf(node, 'property'))) {
      const [object, key] = [textOf(childOf(node, 'object')), textOf(childOf(node, 'property'))];
      const isWritten = (parent?.type === 'AssignmentExpression' && parent['left'] === node) || parent?.type === 'UpdateExpression';
      if (bare.has(object) || (tables.has(object) && !isWritten)) return;
      if (isWritten || !isGuarded(parents, `Object.hasOwn(${object}, ${key})`, textOf)) report(node, `${object}[${key}]${isWritten ? ' =' : ''}`);
    }
    if (node.type === 'BinaryExpression' && node['operator'] === 'in' && isName(childOf(node, 'left'))) report(node, `${textOf(childOf(node, 'left'))} in`);
    if (node.type === 'CallExpression') {
      const way = `${nameOf(childOf(childOf(node, 'callee'), 'object'))}.${memberOf(childOf(node, 'callee'))}`;
      if (way === 'Object.assign' && !isSafeAssign(node, textOf)) report(node, 'Object.assign');
      if (way === 'Reflect.set' || way === 'Object.setPrototypeOf') report(node, way);
    }
    if (memberOf(node) === '__proto__' || (node.type === 'Property' && node['computed'] === false && nameOf(childOf(node, 'key')) === '__proto__')) report(node, '__proto__');
  });
  return found;
}

/** Constant tables of any file that have no key but those that are spelled out: the compiler takes no other text for one. */
export function tablesIn(files: readonly SourceFile[]): ReadonlySet<string> {
  const tables = new Set<string>();
  const others = new Set<string>();
  for (const file of files) {
    walkFile(file, (node, parents) => {
      const name = node.type === 'VariableDeclarator' ? nameOf(childOf(node, 'id')) : undefined;
      if (name === undefined) return;
      const annotation = childOf(childOf(node, 'id'), 'typeAnnotation');
      const type = annotation === undefined ? '' : file.text.slice(annotation.start, annotation.end);
      const isSpelledOut = parents[0]?.['kind'] === 'const' && hasProperties(childOf(node, 'init')) && !/\bRecord<\s*string\b|\[\w+: string\]/.test(type);
      (isSpelledOut ? tables : others).add(name);
    });
  }
  return new Set([...tables].filter((name) => !others.has(name)));
}

function hasProperties(node: SyntaxNode | undefined): boolean {
  if (node?.type === 'TSAsExpression' || node?.type === 'TSSatisfiesExpression') return hasProperties(childOf(node, 'expression'));
  return node?.type === 'ObjectExpression' && childrenOf(node, 'properties').length > 0;
}

/** A key that is neither a literal, nor a symbol, nor a number. */
function isName(node: SyntaxNode | undefined): boolean {
  switch (node?.type) {
    case undefined:
    case 'Literal':
    case 'UpdateExpression':
      return false;
    case 'Identifier':
      return !POSITIONS.has(nameOf(node) ?? '');
    case 'TemplateLiteral':
      return childrenOf(node, 'expressions').length > 0;
    case 'BinaryExpression':
      return !(node['operator'] !== '+' || typeof childOf(node, 'right')?.['value'] === 'number' || [childOf(node, 'left'), childOf(node, 'right')].some((side) => side?.type === 'Identifier' && POSITIONS.has(nameOf(side) ?? '')));
    case 'CallExpression':
      return !NUMBERS.has(memberOf(childOf(node, 'callee')) ?? '');
    case 'MemberExpression':
      return !['Symbol', 'MapperKind'].includes(nameOf(childOf(node, 'object')) ?? '') && !POSITIONS.has(memberOf(node) ?? '');
    default:
      return true;
  }
}

/** Names of this file that are made by `Object.create(null)`. */
function withoutPrototype(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  walkFile(file, (node) => {
    if (node.type !== 'VariableDeclarator') return;
    const init = childOf(node, 'init');
    const made = init === undefined ? '' : file.text.slice(init.start, init.end);
    const name = nameOf(childOf(node, 'id'));
    if (name !== undefined && /^Object\.(create\(null\)|assign\(Object\.create\(null\))/.test(made)) names.add(name);
  });
  return names;
}

/** The nearest function, or a condition around, asks first whether the object has it. */
function isGuarded(parents: readonly SyntaxNode[], guard: string, textOf: (node: SyntaxNode) => string): boolean {
  const around = parents.find((one) => FUNCTIONS.has(one.type) && one.type !== 'Program');
  return around !== undefined && textOf(around).includes(guard);
}

/** What is copied is spelled out there, or goes where no prototype is. */
function isSafeAssign(node: SyntaxNode, textOf: (node: SyntaxNode | undefined) => string): boolean {
  const [target, ...sources] = childrenOf(node, 'arguments');
  return textOf(target).startsWith('Object.create(null)') || sources.every((one) => one.type === 'ObjectExpression' || one.type === 'ConditionalExpression');
}

/** Empty objects, which are there to be filled, and dictionaries made of pairs: as `what`. */
export function emptyDictionaries(file: SourceFile): Finding[] {
  const found: Finding[] = [];
  walkFile(file, (node, parents) => {
    const [parent] = parents;
    const isEmpty = node.type === 'ObjectExpression' && childrenOf(node, 'properties').length === 0;
    const declarator = parent?.type === 'TSAsExpression' ? parents[1] : parent;
    if (isEmpty && (declarator?.type === 'VariableDeclarator' || declarator?.type === 'PropertyDefinition')) found.push(findingAt(file, node, '= {}'));
    const callee = childOf(node, 'callee');
    if (node.type === 'CallExpression' && memberOf(callee) === 'fromEntries' && nameOf(childOf(callee, 'object')) === 'Object') found.push(findingAt(file, node, 'Object.fromEntries'));
  });
  return found;
}

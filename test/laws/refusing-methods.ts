import { posix } from 'node:path';
import { type Action, MATRIX } from '../../src/access/matrix.js';
import { filesUnder, type SourceFile } from './sources.js';
import { childOf, childrenOf, memberOf, nameOf, type SyntaxNode, walkFile } from './syntax.js';

/** The codes of a refusal: who asks may not see or do it. Other errors say that the request is wrong. */
const REFUSALS: ReadonlySet<string> = new Set(['FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED']);
const REFUSING_FUNCTIONS: ReadonlySet<string> = new Set(['forbidden', 'notFound', 'unauthenticated']);

/** A method, an initialized property or a function, with where its names are looked up. */
interface Code {
  node: SyntaxNode;
  file: string;
  className: string | null;
}

/** A class by its name: the types of what its constructor keeps, and its members. */
interface ClassCode {
  types: Map<string, string>;
  members: Map<string, Code>;
}

function typeNameOf(annotation: SyntaxNode | undefined): string | undefined {
  const type = childOf(annotation, 'typeAnnotation');
  // `() => Service` gives one later; a method of it is called all the same.
  if (type?.type === 'TSFunctionType') return typeNameOf(childOf(type, 'returnType'));
  return nameOf(childOf(type, 'typeName'));
}

function propertiesOf(constructor: SyntaxNode): [string, string][] {
  return childrenOf(childOf(constructor, 'value'), 'params').flatMap((param): [string, string][] => {
    const named = param.type === 'TSParameterProperty' ? childOf(param, 'parameter') : undefined;
    const [name, type] = [nameOf(named), typeNameOf(childOf(named, 'typeAnnotation'))];
    return name === undefined || type === undefined ? [] : [[name, type]];
  });
}

/** Says which methods of classes under src/ may throw a refusal, by following their calls. */
export class RefusingMethods {
  readonly #classes = new Map<string, ClassCode>();
  /** Functions by `file:name`. */
  readonly #functions = new Map<string, Code>();
  /** `file:name` of what a file imports, by `file:local name`. */
  readonly #imports = new Map<string, string>();
  readonly #verdicts = new Map<SyntaxNode, boolean>();

  constructor(files: readonly SourceFile[] = filesUnder(['src'], ['.ts'])) {
    for (const file of files) walkFile(file, (node, parents) => this.#read(file.path, node, parents));
  }

  /** Whether the method may throw a refusal, itself or by what it calls. Throws for a method that is not there. */
  mayRefuse(className: string, method: string): boolean {
    const code = this.#classes.get(className)?.members.get(method);
    if (code === undefined) throw new Error(`src/ has no method ${className}.${method}.`);
    return this.#refuses(code);
  }

  #read(file: string, node: SyntaxNode, [parent]: readonly SyntaxNode[]): void {
    if (node.type === 'ClassDeclaration') this.#readClass(file, node);
    if (node.type === 'FunctionDeclaration' && parent?.type !== 'BlockStatement') this.#functions.set(`${file}:${nameOf(childOf(node, 'id'))}`, { node, file, className: null });
    if (node.type === 'ImportSpecifier' && parent !== undefined) {
      const from = posix.join(posix.dirname(file), nameOf(childOf(parent, 'source')) ?? '').replace(/\.js$/, '.ts');
      this.#imports.set(`${file}:${nameOf(childOf(node, 'local'))}`, `${from}:${nameOf(childOf(node, 'imported'))}`);
    }
  }

  #readClass(file: string, node: SyntaxNode): void {
    const className = nameOf(childOf(node, 'id')) ?? '';
    const body = childrenOf(childOf(node, 'body'), 'body');
    const types = new Map(body.filter((one) => one['kind'] === 'constructor').flatMap(propertiesOf));
    const members = new Map(body.map((member) => [nameOf(childOf(member, 'key')) ?? '', { node: member, file, className }]));
    this.#classes.set(className, { types, members });
  }

  #refuses(code: Code): boolean {
    // Whoever implements it may.
    if (code.node.type.startsWith('TSAbstract')) return true;
    const known = this.#verdicts.get(code.node);
    if (known !== undefined) return known;
    // What calls itself refuses only by something else.
    this.#verdicts.set(code.node, false);
    const refuses = this.#anyIn(code.node, code);
    this.#verdicts.set(code.node, refuses);
    return refuses;
  }

  /** Whether a node may throw a refusal, leaving out what is thrown into a `catch` that answers it. */
  #anyIn(node: SyntaxNode, code: Code): boolean {
    if (node.type === 'NewExpression' && nameOf(childOf(node, 'callee')) === 'AppError') return REFUSALS.has(nameOf(childrenOf(node, 'arguments')[0]) ?? '');
    if (node.type === 'TryStatement' && answersErrors(node)) return false;
    if (node.type === 'CallExpression') {
      const called = this.#calledBy(node, code);
      if (called === 'refusal') return true;
      if (called !== null && this.#refuses(called)) return true;
      if (called !== null && hasAnsweringTry(called.node)) return false;
    }
    return Object.values(node).some((value) => [value].flat().some((one) => isNode(one) && this.#anyIn(one, code)));
  }

  #calledBy(call: SyntaxNode, { file, className }: Code): Code | 'refusal' | null {
    const callee = childOf(call, 'callee');
    const name = nameOf(callee);
    if (name !== undefined) {
      const target = this.#functions.has(`${file}:${name}`) ? `${file}:${name}` : (this.#imports.get(`${file}:${name}`) ?? '');
      return REFUSING_FUNCTIONS.has(name) ? 'refusal' : (this.#functions.get(target) ?? null);
    }
    const member = memberOf(callee);
    // A verdict tells of a refusal, and throws none.
    if (member === 'can') return null;
    if (member === 'demand' && memberOf(childOf(callee, 'object')) === 'viewer') return isOpenToAll(call) ? null : 'refusal';
    return className === null ? null : this.#memberCalled(callee, className);
  }

  /** The member of a class that `this.a()`, `this.service.a()`, `this.service().a()` or `this.service.loader.load()` leads to. */
  #memberCalled(callee: SyntaxNode | undefined, className: string): Code | null {
    const chain: string[] = [];
    let at = callee;
    while (at !== undefined && at.type !== 'ThisExpression') {
      if (at.type === 'CallExpression') at = childOf(at, 'callee');
      const name = memberOf(at);
      if (name === undefined) return null;
      chain.unshift(name);
      at = childOf(at, 'object');
    }
    let owner = this.#classes.get(className);
    for (const name of chain) {
      const type = owner?.types.get(name);
      if (type === undefined) return owner?.members.get(name) ?? null;
      owner = this.#classes.get(type);
    }
    return null;
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Whether a call of `demand` names an action that every signed-in user may do. */
function isOpenToAll(call: SyntaxNode): boolean {
  const action = nameOf(childrenOf(call, 'arguments')[0]) ?? '';
  return Object.hasOwn(MATRIX, action) && MATRIX[action as Action].needs === 'signedIn';
}

/** Whether the `catch` of a `try` returns something, as that of a verdict does. */
function answersErrors(node: SyntaxNode): boolean {
  return contains(childOf(node, 'handler'), 'ReturnStatement');
}

function hasAnsweringTry(node: SyntaxNode): boolean {
  return contains(node, 'TryStatement', answersErrors);
}

function contains(node: SyntaxNode | undefined, type: string, accept: (node: SyntaxNode) => boolean = () => true): boolean {
  if (node === undefined) return false;
  if (node.type === type && accept(node)) return true;
  return Object.values(node).some((value) => [value].flat().some((one) => isNode(one) && contains(one, type, accept)));
}

import { parseAst } from 'rolldown/parseAst';
import type { SourceFile } from './sources.js';

/** A node of the syntax tree of a file, as ESTree with TypeScript has it. */
export interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** Looks at a node; `parents` begins with the nearest. */
type Visit = (node: SyntaxNode, parents: readonly SyntaxNode[]) => void;

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** A property of a node that is a node itself. */
export function childOf(node: SyntaxNode | undefined, key: string): SyntaxNode | undefined {
  const child = node?.[key];
  return isNode(child) ? child : undefined;
}

export function childrenOf(node: SyntaxNode | undefined, key: string): SyntaxNode[] {
  const children = node?.[key];
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** The name of an identifier, of a private one, or the text of a literal. */
export function nameOf(node: SyntaxNode | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined;
  return typeof node['name'] === 'string' ? node['name'] : undefined;
}

/** The name of what a member expression takes of its object: `b` of `a.b` and of `a['b']`. */
export function memberOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type !== 'MemberExpression') return undefined;
  const property = childOf(node, 'property');
  return node['computed'] === true && property?.type !== 'Literal' ? undefined : nameOf(property);
}

/** Visits every node of a file. Throws when it cannot be parsed. */
export function walkFile(file: SourceFile, visit: Visit): void {
  walk(parseAst(file.text, { lang: file.path.endsWith('x') ? 'tsx' : 'ts' }, file.path) as unknown as SyntaxNode, [], visit);
}

function walk(node: SyntaxNode, parents: readonly SyntaxNode[], visit: Visit): void {
  visit(node, parents);
  const around = [node, ...parents];
  for (const value of Object.values(node)) {
    if (isNode(value)) walk(value, around, visit);
    else if (Array.isArray(value)) for (const one of value) if (isNode(one)) walk(one, around, visit);
  }
}

/** Where something is and what it is, as a law names it. */
export interface Finding {
  path: string;
  line: number;
  what: string;
}

export function findingAt({ path, text }: SourceFile, node: SyntaxNode, what: string): Finding {
  return { path, line: text.slice(0, node.start).split('\n').length, what };
}

import type { SourceFile } from './sources.js';
import { nameOf, type SyntaxNode, walkFile } from './syntax.js';

/** Which of these actions a file asks about: those that are spelled out as an argument of a call, also as one of two by a condition. */
export function askedActions(file: SourceFile, actions: ReadonlySet<string>): string[] {
  const asked: string[] = [];
  walkFile(file, (node, parents) => {
    const name = node.type === 'Literal' ? nameOf(node) : undefined;
    if (name !== undefined && actions.has(name) && isArgument(node, parents)) asked.push(name);
  });
  return asked;
}

function isArgument(node: SyntaxNode, [parent, ...others]: readonly SyntaxNode[]): boolean {
  if (parent?.type === 'ConditionalExpression') return isArgument(parent, others);
  return parent?.type === 'CallExpression' && parent['callee'] !== node;
}

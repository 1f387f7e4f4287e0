import { createHash } from 'node:crypto';
import { type DefinitionNode, type DocumentNode, type ExecutionArgs, type FragmentDefinitionNode, getOperationAST, getVariableValues, Kind, type OperationDefinitionNode, print, visit } from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** The text of each operation, printed once for as long as its document lives. */
const texts = new WeakMap<OperationDefinitionNode, string>();

/**
 * What decides the answers to a subscription, as a hash: who asks, the operation with its fragments, and the values of the
 * variables that it defines, after coercion and with defaults. Ignored are white space, comments, the operation's name,
 * the order of fragments and of the keys of input objects, and variables that the operation does not define. Null for
 * variables that cannot be coerced.
 */
export function streamKey({ schema, document, operationName, variableValues }: ExecutionArgs, authorization: string | undefined): string | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (coerced === undefined) return null;
  let text = texts.get(operation);
  if (text === undefined) texts.set(operation, (text = textOf(document, operation)));
  return createHash('sha256').update(JSON.stringify([authorization ?? null, text, canonical(coerced)])).digest('base64');
}

/** Only the variables that an operation defines: what else a caller sends must not stay in memory with its stream. */
export function definedVariables(operation: OperationDefinitionNode, variables: Variables): Record<string, unknown> {
  const defined: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { variable } of operation.variableDefinitions ?? []) {
    const { value: name } = variable.name;
    if (Object.hasOwn(variables, name)) defined[name] = variables[name];
  }
  return defined;
}

/** Without the definitions of variables, as their values say what comes of them. */
function textOf(document: DocumentNode, operation: OperationDefinitionNode): string {
  const known = new Map(document.definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const spread = new Map<string, FragmentDefinitionNode>();
  const collect = (within: DefinitionNode): void => {
    visit(within, {
      FragmentSpread: ({ name }) => {
        const fragment = known.get(name.value);
        if (fragment === undefined || spread.has(name.value)) return;
        spread.set(name.value, fragment);
        collect(fragment);
      },
    });
  };
  collect(operation);
  const fragments = [...spread.values()].sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
  return print({ kind: Kind.DOCUMENT, definitions: [{ ...operation, name: undefined, variableDefinitions: [] }, ...fragments] });
}

function isFragment(definition: DefinitionNode): definition is FragmentDefinitionNode {
  return definition.kind === Kind.FRAGMENT_DEFINITION;
}

/** The same for values that differ only in the order of keys; lists of pairs, so that no key of a caller becomes a property. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return ['bigint', String(value)];
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['list', value.map(canonical)];
  if (value instanceof Date) return ['date', value.getTime()];
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return ['object', entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, canonical(one)])];
}

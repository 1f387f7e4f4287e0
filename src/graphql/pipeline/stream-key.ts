import { createHash } from 'node:crypto';
import { type DefinitionNode, type DocumentNode, type ExecutionArgs, type FragmentDefinitionNode, getOperationAST, getVariableValues, Kind, type OperationDefinitionNode, print, visit } from 'graphql';
import { WeakMemo } from '../../platform/memory/weak-memo.js';

type Variables = Readonly<Record<string, unknown>>;

/** Memo of the printed text of each operation, keyed weakly by its node. */
const printedTexts = new WeakMemo<OperationDefinitionNode, string>();

/**
 * Hashes everything that the results of a subscription depend on: the sign-in, the operation with its fragments, and its
 * variables after coercion, with defaults. Ignores white space, comments, the operation's name, the order of fragments and of
 * keys in input objects, and variables that the operation does not define. Returns null when a variable cannot be coerced.
 */
export function streamKey({ schema, document, operationName, variableValues }: ExecutionArgs, authorization: string | undefined): string | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (coerced === undefined) return null;
  const text = printedTexts.getOrCompute(operation, () => textOf(document, operation));
  return createHash('sha256').update(JSON.stringify([authorization ?? null, text, canonical(coerced)])).digest('base64');
}

/** Drops variables that the operation does not define, so that they do not stay in memory with a stream. */
export function definedVariables(operation: OperationDefinitionNode, variables: Variables): Record<string, unknown> {
  const defined: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { variable } of operation.variableDefinitions ?? []) {
    const { value: name } = variable.name;
    if (Object.hasOwn(variables, name)) defined[name] = variables[name];
  }
  return defined;
}

/** Prints an operation with its fragments, without its variable definitions: the key has the coerced values instead. */
function textOf(document: DocumentNode, operation: OperationDefinitionNode): string {
  const fragmentsByName = new Map(document.definitions.filter(isFragment).map((fragment) => [fragment.name.value, fragment]));
  const spread = new Map<string, FragmentDefinitionNode>();
  const collect = (within: DefinitionNode): void => {
    visit(within, {
      FragmentSpread: ({ name }) => {
        const fragment = fragmentsByName.get(name.value);
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

/** Equal for values that differ only in the order of keys. Objects become lists of pairs, so that no key of a caller becomes a property. */
function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return ['bigint', String(value)];
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['list', value.map(canonical)];
  if (value instanceof Date) return ['date', value.getTime()];
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return ['object', entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, canonical(one)])];
}

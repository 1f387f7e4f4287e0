import { type ASTVisitor, type DocumentNode, type FragmentDefinitionNode, GraphQLError, Kind, type OperationDefinitionNode, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql';
import { AppError } from '../../../platform/errors.js';
import { quoteValue } from '../../../platform/message-text.js';
import { unconditionalSubscriptions } from './unconditional-subscriptions.js';
import { reservedNames } from './reserved-names.js';

/** The most tokens that a document may have; the longest of our own clients has about 300. */
export const MAX_TOKENS = 2000;

/** The most characters of any name in a document. */
const MAX_NAME_LENGTH = 200;

/** The limits of one operation, with its fragments expanded wherever they are spread. */
export const LIMITS = { depth: 15, aliases: 100, rootFields: 20, rootSelections: 100, selections: 4000 } as const;

/** Sizes of an operation with its fragments expanded. */
interface Size {
  depth: number;
  aliases: number;
  selections: number;
}

const DESCRIPTIONS: Record<keyof typeof LIMITS, string> = {
  depth: 'levels deep',
  aliases: 'aliases',
  rootFields: 'root fields',
  rootSelections: 'selections of root fields, with fragments counted wherever they are spread',
  selections: 'fields and fragments, with fragments counted wherever they are spread',
};

function tooLarge(kind: keyof typeof LIMITS, found: number, node: OperationDefinitionNode): GraphQLError {
  const message = `The operation has ${found} ${DESCRIPTIONS[kind]}; at most ${LIMITS[kind]} are accepted.`;
  return new GraphQLError(message, { nodes: node, originalError: new AppError('QUERY_TOO_COMPLEX', message) });
}

/** Measures operations. Measures each fragment once, however often it is spread, so that an exponential expansion costs nothing here. */
class OperationMeasurer {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #measured = new Map<string, Size>();

  constructor(document: DocumentNode) {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  of(selections: SelectionSetNode): Size {
    const size: Size = { depth: 0, aliases: 0, selections: 0 };
    for (const one of selections.selections) {
      size.selections += 1;
      if (one.kind === Kind.FIELD) {
        if (one.alias !== undefined) size.aliases += 1;
        // Introspection is deep by nature; a rule of graphql-js bounds its recursive lists.
        const isMeta = one.name.value === '__schema' || one.name.value === '__type';
        this.#add(size, one.selectionSet && this.of(one.selectionSet), isMeta ? -Infinity : 1);
      } else if (one.kind === Kind.INLINE_FRAGMENT) {
        this.#add(size, this.of(one.selectionSet), 0);
      } else {
        this.#add(size, this.#fragment(one.name.value), 0);
      }
    }
    return size;
  }

  /** Counts the field selections at this level, including those within fragments; stops beyond `most`. */
  fieldsAt(selections: SelectionSetNode, most: number, within: ReadonlySet<string> = new Set()): number {
    let count = 0;
    for (const one of selections.selections) {
      if (count > most) break;
      const name = one.kind === Kind.FRAGMENT_SPREAD ? one.name.value : null;
      // Another rule refuses circular fragments.
      if (name !== null && within.has(name)) continue;
      const inner = name !== null ? this.#fragments.get(name)?.selectionSet : one.kind === Kind.INLINE_FRAGMENT ? one.selectionSet : null;
      count += inner ? this.fieldsAt(inner, most - count, name === null ? within : new Set([...within, name])) : 1;
    }
    return count;
  }

  #add(size: Size, inner: Size | undefined, levels: number): void {
    size.depth = Math.max(size.depth, levels + (inner?.depth ?? 0));
    size.aliases += inner?.aliases ?? 0;
    size.selections += inner?.selections ?? 0;
  }

  #fragment(name: string): Size | undefined {
    const measured = this.#measured.get(name);
    if (measured !== undefined) return measured;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return undefined;
    // Another rule refuses circular fragments; this entry ends the recursion.
    this.#measured.set(name, { depth: 0, aliases: 0, selections: 0 });
    const size = this.of(fragment.selectionSet);
    this.#measured.set(name, size);
    return size;
  }
}

/** Counts the fields and fragments of an operation, with fragments expanded. */
export function countSelections(document: DocumentNode, operation: OperationDefinitionNode): number {
  return new OperationMeasurer(document).of(operation.selectionSet).selections;
}

function rootFieldsOf(operation: OperationDefinitionNode, size: Size): number {
  const isFlat = operation.selectionSet.selections.every((one) => one.kind === Kind.FIELD);
  // With fragments, count every selection: more than the root fields, which errs on the safe side.
  return isFlat ? operation.selectionSet.selections.length : size.selections;
}

/** Validation rule: QUERY_TOO_COMPLEX for an operation that is too deep, has too many aliases or is too large with its fragments expanded. */
function documentLimits(context: ValidationContext): ASTVisitor {
  const measure = new OperationMeasurer(context.getDocument());
  return {
    OperationDefinition(operation) {
      const size = measure.of(operation.selectionSet);
      for (const kind of ['depth', 'aliases', 'selections'] as const) {
        if (size[kind] > LIMITS[kind]) context.reportError(tooLarge(kind, size[kind], operation));
      }
      const fields = operation.operation === 'mutation' ? rootFieldsOf(operation, size) : 0;
      if (fields > LIMITS.rootFields) context.reportError(tooLarge('rootFields', fields, operation));
      // A field may be selected many times without an alias, and graphql-js compares each selection with all others.
      const selected = measure.fieldsAt(operation.selectionSet, LIMITS.rootSelections);
      if (selected > LIMITS.rootSelections) context.reportError(tooLarge('rootSelections', selected, operation));
      return false;
    },
  };
}

/** Validation rule: refuses long names. Aliases are repeated in each object of a response; operation names are logged. */
function nameLimits(context: ValidationContext): ASTVisitor {
  return {
    Name(node) {
      if (node.value.length <= MAX_NAME_LENGTH) return;
      const message = `The name ${quoteValue(node.value)} has ${node.value.length} characters; at most ${MAX_NAME_LENGTH} are accepted.`;
      context.reportError(new GraphQLError(message, { nodes: node, originalError: new AppError('QUERY_TOO_COMPLEX', message) }));
    },
  };
}

/** The validation rules of every transport, besides those of the specification. */
export const LIMIT_RULES: readonly ValidationRule[] = [documentLimits, nameLimits, unconditionalSubscriptions, reservedNames];

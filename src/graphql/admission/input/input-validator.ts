import { type ArgumentNode, type DocumentNode, type FragmentDefinitionNode, getNamedType, getNullableType, type GraphQLArgument, type GraphQLInputType, type GraphQLSchema, isInputObjectType, Kind, type OperationDefinitionNode, TypeInfo, type ValueNode, valueFromAST, visit, visitWithTypeInfo } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { inputPositions, inputKindOf, type InputPosition } from '../../schema/input-bounds.js';
import { type PathLink, type SizeValidator, SizeValidators } from './size-validators.js';

type Variables = Readonly<Record<string, unknown>>;

/** An argument whose value depends on variables. */
interface VariableArgument {
  valueIn: (variables: Variables) => unknown;
  walk: SizeValidator;
  at: PathLink | null;
}

/** Where a value is written: the position in the graph, and the path. */
interface ValuePosition extends InputPosition {
  at: PathLink | null;
}

/** What of an operation is to be looked at: written values once, the others with every request. */
interface OperationChecks {
  faults: readonly FieldError[];
  varying: readonly VariableArgument[];
}

const NONE: readonly FieldError[] = [];

/** The operation and the fragments that it spreads, each once. */
function definitionsOf(document: DocumentNode, operation: OperationDefinitionNode): (OperationDefinitionNode | FragmentDefinitionNode)[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const found: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation];
  for (const definition of found) {
    visit(definition, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment !== undefined) found.push(fragment);
        fragments.delete(name.value);
      },
    });
  }
  return found;
}

function namesVariables(value: ValueNode): boolean {
  let found = false;
  visit(value, { Variable: () => void (found = true) });
  return found;
}

/** Within an input object the path is that of its field, as the services name it; else it begins with the argument. */
function startOf({ name, type }: GraphQLArgument): PathLink | null {
  return isInputObjectType(getNullableType(type)) ? null : { before: null, key: name };
}

function valueReader(value: ValueNode, type: GraphQLInputType): VariableArgument['valueIn'] {
  if (value.kind !== Kind.VARIABLE) return (variables) => valueFromAST(value, type, variables);
  const name = value.name.value;
  return (variables) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
}

/**
 * The sizes of all that a caller gives with an operation, as `input-bounds.ts` has them. Nothing of an operation may run before
 * it was asked; what resolvers get is then as large as a bound at most, however it was written.
 */
export class InputValidator {
  readonly #walkers = new SizeValidators();
  readonly #known = new WeakMap<OperationDefinitionNode, OperationChecks>();

  /** Throws for a graph with a scalar that nobody has bounded. */
  constructor(private readonly schema: GraphQLSchema) {
    for (const { element } of inputPositions(schema)) inputKindOf(getNamedType(element.type));
  }

  /** What is too large, all of it; empty when nothing is. The variables as graphql-js coerced them, the document valid. */
  validate(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): readonly FieldError[] {
    let checks = this.#known.get(operation);
    if (checks === undefined) this.#known.set(operation, (checks = this.#checksOf(document, operation)));
    if (checks.varying.length === 0) return checks.faults;
    const faults: FieldError[] = [];
    for (const { valueIn, walk, at } of checks.varying) walk(valueIn(variables), at, faults);
    return faults.length === 0 ? checks.faults : [...checks.faults, ...faults];
  }

  #checksOf(document: DocumentNode, operation: OperationDefinitionNode): OperationChecks {
    const faults: FieldError[] = [];
    const varying: VariableArgument[] = [];
    const typeInfo = new TypeInfo(this.schema);
    const Argument = ({ value }: ArgumentNode): false => {
      const argument = typeInfo.getArgument();
      if (!argument) return false;
      const directive = typeInfo.getDirective();
      const owner = directive ? `@${directive.name}` : `${typeInfo.getParentType()?.name}.${typeInfo.getFieldDef()?.name}`;
      this.#collect(value, { coordinate: `${owner}(${argument.name}:)`, element: argument, at: startOf(argument) }, { faults, varying });
      return false;
    };
    for (const definition of definitionsOf(document, operation)) {
      visit(definition, visitWithTypeInfo(typeInfo, { Argument, VariableDefinition: () => false }));
    }
    return { faults: faults.length === 0 ? NONE : faults, varying };
  }

  /** Looks at what is written, and takes note of what depends on variables, field by field of an input. */
  #collect(value: ValueNode, { coordinate, element, at }: ValuePosition, into: { faults: FieldError[]; varying: VariableArgument[] }): void {
    const walk = this.#walkers.of(coordinate, element);
    if (walk === null) return;
    const type = getNullableType(element.type);
    if (!namesVariables(value)) {
      walk(valueFromAST(value, type), at, into.faults);
    } else if (value.kind === Kind.OBJECT && isInputObjectType(type)) {
      for (const field of value.fields) {
        const inner = type.getFields()[field.name.value];
        const place = inner && { coordinate: `${type.name}.${inner.name}`, element: inner, at: { before: at, key: inner.name } };
        if (place) this.#collect(field.value, place, into);
      }
    } else {
      into.varying.push({ valueIn: valueReader(value, type), walk, at });
    }
  }
}

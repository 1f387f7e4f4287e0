import { type ArgumentNode, type DocumentNode, getNamedType, getNullableType, type GraphQLInputType, type GraphQLSchema, isInputObjectType, Kind, type OperationDefinitionNode, TypeInfo, type ValueNode, valueFromAST, visit, visitWithTypeInfo } from 'graphql';
import type { FieldError } from '../../../platform/errors.js';
import { WeakMemo } from '../../../platform/memory/weak-memo.js';
import { inputKindOf, type InputPosition, inputPositions } from '../../schema/input-bounds.js';
import { type SizeValidator, SizeValidators } from './size-validators.js';
import { definitionsOf, type PathLink, rootOf } from './variable-paths.js';

type Variables = Readonly<Record<string, unknown>>;

/** An argument, or a field of an input, whose value depends on variables. */
interface VariableArgument {
  valueIn: (variables: Variables) => unknown;
  validate: SizeValidator;
  at: PathLink | null;
}

/** Where a value is written: its position in the schema, and its path. */
interface ValuePosition extends InputPosition {
  at: PathLink | null;
}

/** The checks of one operation: the faults of its literals, found once, and the arguments to validate with every request. */
interface OperationChecks {
  faults: readonly FieldError[];
  varying: readonly VariableArgument[];
}

const NONE: readonly FieldError[] = [];

function usesVariables(value: ValueNode): boolean {
  let found = false;
  visit(value, { Variable: () => void (found = true) });
  return found;
}

function valueReader(value: ValueNode, type: GraphQLInputType): VariableArgument['valueIn'] {
  if (value.kind !== Kind.VARIABLE) return (variables) => valueFromAST(value, type, variables);
  const name = value.name.value;
  return (variables) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
}

/**
 * Validates the size of every argument of an operation, literal or variable, against `input-bounds.ts`. Admission calls it before
 * anything runs, so that no value which a resolver gets exceeds its bound.
 */
export class InputValidator {
  readonly #validators = new SizeValidators();
  readonly #checks = new WeakMemo<OperationDefinitionNode, OperationChecks>();

  /** Throws for a schema that has a scalar without a bound. */
  constructor(private readonly schema: GraphQLSchema) {
    for (const { element } of inputPositions(schema)) inputKindOf(getNamedType(element.type));
  }

  /** Returns a fault for each value that is too large. Expects a valid document and coerced variables. */
  validate(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): readonly FieldError[] {
    const checks = this.#checks.getOrCompute(operation, () => this.#checksOf(document, operation));
    if (checks.varying.length === 0) return checks.faults;
    const faults: FieldError[] = [];
    for (const { valueIn, validate, at } of checks.varying) validate(valueIn(variables), at, faults);
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
      this.#collect(value, { coordinate: `${owner}(${argument.name}:)`, element: argument, at: rootOf(argument) }, { faults, varying });
      return false;
    };
    for (const definition of definitionsOf(document, operation)) {
      visit(definition, visitWithTypeInfo(typeInfo, { Argument, VariableDefinition: () => false }));
    }
    return { faults: faults.length === 0 ? NONE : faults, varying };
  }

  /** Validates literals, and collects what depends on variables, field by field of an input. */
  #collect(value: ValueNode, { coordinate, element, at }: ValuePosition, into: { faults: FieldError[]; varying: VariableArgument[] }): void {
    const validate = this.#validators.of(coordinate, element);
    if (validate === null) return;
    const type = getNullableType(element.type);
    if (!usesVariables(value)) {
      validate(valueFromAST(value, type), at, into.faults);
    } else if (value.kind === Kind.OBJECT && isInputObjectType(type)) {
      for (const field of value.fields) {
        const inner = type.getFields()[field.name.value];
        const position = inner && { coordinate: `${type.name}.${inner.name}`, element: inner, at: { before: at, key: inner.name } };
        if (position) this.#collect(field.value, position, into);
      }
    } else {
      into.varying.push({ valueIn: valueReader(value, type), validate, at });
    }
  }
}

import {
  getNamedType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  isInterfaceType,
} from 'graphql';
import type { Tape } from './tape.js';

export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

/** What operations are made of besides the schema. */
export interface Material {
  /** Whether a field may be selected or an argument or input field given: `Query.image`, `Query.image.name`, `ImageFilter.search`. */
  isWanted: (place: string) => boolean;
  /** A value of a scalar for an argument or an input field. */
  scalar: (typeName: string, place: string, tape: Tape) => unknown;
  /** How deep selections go, and how many fields they have at most altogether. */
  depth: number;
  fields: number;
  /** How often, in a hundred, what may be left out is given. */
  optional: number;
}

type RootKind = 'query' | 'mutation' | 'subscription';

/** Writes one valid operation, as the tape decides; every argument is a variable. */
class Writer {
  readonly variables: Record<string, unknown> = {};
  readonly #declared: string[] = [];
  #left: number;

  constructor(
    readonly schema: GraphQLSchema,
    readonly material: Material,
    readonly tape: Tape,
  ) {
    this.#left = material.fields;
  }

  operation(kind: RootKind): Operation {
    const root = { query: this.schema.getQueryType(), mutation: this.schema.getMutationType(), subscription: this.schema.getSubscriptionType() }[kind];
    if (!root) throw new Error(`The schema has no ${kind}.`);
    const fields = this.#selectable(root);
    const chosen = kind === 'subscription' ? [this.tape.pick(fields)] : this.tape.some(fields, 2);
    const body = chosen.map((field, at) => `f${at}: ${this.#field(root, field, this.material.depth)}`).join(' ');
    const declared = this.#declared.length === 0 ? '' : `(${this.#declared.join(', ')})`;
    return { query: `${kind} Q${declared} { ${body} }`, variables: this.variables };
  }

  #selectable(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
    return Object.values(type.getFields()).filter((field) => this.material.isWanted(`${type.name}.${field.name}`));
  }

  #field(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number): string {
    const place = `${parent.name}.${field.name}`;
    const given = field.args.filter((one) => {
      if (isRequiredArgument(one)) return true;
      return this.material.isWanted(`${place}.${one.name}`) && this.tape.chance(this.material.optional);
    });
    const text = given.map((one) => `${one.name}: ${this.#variable(one.type, `${place}.${one.name}`)}`).join(', ');
    return `${field.name}${text === '' ? '' : `(${text})`}${this.#selection(field.type, depth - 1)}`;
  }

  #variable(type: GraphQLInputType, place: string): string {
    const name = `v${this.#declared.length}`;
    this.#declared.push(`$${name}: ${String(type)}`);
    this.variables[name] = this.value(type, place, 3);
    return `$${name}`;
  }

  #selection(type: GraphQLOutputType, depth: number): string {
    const named = getNamedType(type);
    if (!isCompositeType(named)) return '';
    if (isUnionType(named) || isInterfaceType(named)) {
      // With aliases, as fields of one name in two types may differ in nullability.
      const parts = this.tape.some(this.schema.getPossibleTypes(named), 3).map((one) => `... on ${one.name} ${this.#fieldsOf(one, depth, `of${one.name}_`)}`);
      return ` { __typename ${parts.join(' ')} }`;
    }
    return ` ${this.#fieldsOf(named, depth)}`;
  }

  #fieldsOf(type: GraphQLObjectType, depth: number, prefix?: string): string {
    const fields = this.#selectable(type).filter((field) => (depth > 0 && this.#left > 0) || !isCompositeType(getNamedType(field.type)));
    if (fields.length === 0) return '{ __typename }';
    const chosen = this.tape.some(fields, 5);
    this.#left -= chosen.length;
    return `{ ${chosen.map((field) => `${prefix === undefined ? '' : `${prefix}${field.name}: `}${this.#field(type, field, depth)}`).join(' ')} }`;
  }

  value(type: GraphQLInputType, place: string, depth: number): unknown {
    if (isNonNullType(type)) return this.value(type.ofType, place, depth);
    if (isListType(type)) {
      return Array.from({ length: this.tape.draw(4) }, () => this.value(type.ofType, place, depth - 1));
    }
    if (isEnumType(type)) return this.tape.pick(type.getValues()).name;
    if (!isInputObjectType(type)) return this.material.scalar(type.name, place, this.tape);
    const fields = Object.values(type.getFields()).filter((field) => {
      if (isRequiredInputField(field)) return true;
      return depth > 0 && this.material.isWanted(`${type.name}.${field.name}`) && this.tape.chance(this.material.optional);
    });
    return Object.fromEntries(fields.map((field) => [field.name, this.value(field.type, `${type.name}.${field.name}`, depth - 1)]));
  }
}

export function writeOperation(schema: GraphQLSchema, kind: RootKind, material: Material, tape: Tape): Operation {
  return new Writer(schema, material, tape).operation(kind);
}

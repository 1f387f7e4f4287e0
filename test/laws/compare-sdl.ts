import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type StringValueNode,
  type TypeNode,
  type ValueNode,
  parse,
  print,
} from 'graphql';

/** One name of an SDL: what a client relies on, as text, and whether it is described. */
interface Member {
  shape: string;
  described: boolean;
}

interface Described {
  description?: StringValueNode;
  type?: TypeNode;
  defaultValue?: ValueNode;
  directives?: readonly ConstDirectiveNode[];
}

function member(kind: string, node: Described): Member {
  const defaultValue = node.defaultValue ? ` = ${print(node.defaultValue)}` : '';
  return {
    shape: `${kind} ${node.type ? print(node.type) : ''}${defaultValue}`.trim(),
    described: (node.description?.value ?? '').trim() !== '',
  };
}

function field(path: string, node: FieldDefinitionNode | InputValueDefinitionNode): [string, Member][] {
  const own: [string, Member] = [path, member('field', node)];
  const given = node.kind === Kind.FIELD_DEFINITION ? (node.arguments ?? []) : [];
  return [own, ...given.map((one): [string, Member] => [`${path}(${one.name.value})`, member('argument', one)])];
}

function membersOf(definition: DefinitionNode): [string, Member][] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
      const { name, fields = [] } = definition;
      const kind = definition.kind === Kind.OBJECT_TYPE_DEFINITION ? 'type' : 'input';
      return [[name.value, member(kind, definition)], ...fields.flatMap((one) => field(`${name.value}.${one.name.value}`, one))];
    }
    case Kind.OBJECT_TYPE_EXTENSION:
      return (definition.fields ?? []).flatMap((one) => field(`${definition.name.value}.${one.name.value}`, one));
    case Kind.ENUM_TYPE_DEFINITION: {
      const values = (definition.values ?? []).map((one): [string, Member] => [`${definition.name.value}.${one.name.value}`, member('value', one)]);
      return [[definition.name.value, member('enum', definition)], ...values];
    }
    case Kind.SCALAR_TYPE_DEFINITION:
      return [[definition.name.value, member('scalar', definition)]];
    case Kind.UNION_TYPE_DEFINITION:
      return [[definition.name.value, member('union', definition)]];
    default:
      return [];
  }
}

/** Every type, `Type.field`, `Type.field(argument)` and `Enum.VALUE` of an SDL. */
export function members(sdl: string): Map<string, Member> {
  return new Map(parse(sdl).definitions.flatMap(membersOf));
}

/** What the second SDL lacks of the first, or has with another type, nullability or default; additions are no difference. */
export function differences(wanted: string, present: string): string[] {
  const has = members(present);
  return [...members(wanted)]
    .filter(([path, { shape }]) => has.get(path)?.shape !== shape)
    .map(([path, { shape }]) => `${path}: ${shape} is wanted, ${has.get(path)?.shape ?? 'nothing'} is there`);
}

export function undescribed(sdl: string): string[] {
  return [...members(sdl)].filter(([, { described }]) => !described).map(([path]) => path);
}

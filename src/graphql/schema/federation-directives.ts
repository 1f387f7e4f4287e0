import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind, parse, visit } from 'graphql';
import { superAdminFields } from '../../access/matrix.js';
import { DEFAULT_PAGE } from '../../platform/database/list/page.js';

/** The first version of Federation with all of these directives; every composer supports it. */
export const FEDERATION_LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag", "@cost", "@listSize"])';

/** Root fields that only a SuperAdmin may use, tagged so that a router's contract can exclude them. */
const OPERATOR_FIELDS: ReadonlySet<string> = superAdminFields();

/** Costs of fields that need a statement of their own per object, by field name in any type. */
const WEIGHTS = { totalCount: 10, actions: 5, manifest: 5 };

/** Parses directives written in SDL. */
function parseDirectives(text: string): readonly ConstDirectiveNode[] {
  const [definition] = parse(`type T { field: Int ${text} }`, { noLocation: true }).definitions;
  return (definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0]?.directives : undefined) ?? [];
}

const OPERATOR = parseDirectives('@tag(name: "operator")');
const COSTS: ReadonlyMap<string, readonly ConstDirectiveNode[]> = new Map(Object.entries(WEIGHTS).map(([field, weight]) => [field, parseDirectives(`@cost(weight: ${weight})`)]));
const PAGED = parseDirectives(
  `@listSize(assumedSize: ${DEFAULT_PAGE}, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)`,
);

function typeName(field: FieldDefinitionNode): string {
  const type = field.type.kind === Kind.NON_NULL_TYPE ? field.type.type : field.type;
  return type.kind === Kind.NAMED_TYPE ? type.name.value : '';
}

function directivesFor(type: string, field: FieldDefinitionNode): readonly ConstDirectiveNode[] {
  const name = field.name.value;
  return [
    ...(typeName(field).endsWith('Connection') ? PAGED : []),
    ...(COSTS.get(name) ?? []),
    ...((type === 'Query' || type === 'Mutation') && OPERATOR_FIELDS.has(name) ? OPERATOR : []),
  ];
}

/** Adds directives that help routers to plan: list sizes, costs of expensive fields, and the tag of fields for operators. */
export function withFederationDirectives(document: DocumentNode): DocumentNode {
  return visit(document, {
    ObjectTypeDefinition: (type) => ({
      ...type,
      fields: type.fields?.map((field) => ({
        ...field,
        directives: [...(field.directives ?? []), ...directivesFor(type.name.value, field)],
      })),
    }),
  });
}

import { type ConstDirectiveNode, type DocumentNode, type FieldDefinitionNode, Kind, parse, visit } from 'graphql';
import { superAdminFields } from '../../access/matrix.js';
import { DEFAULT_PAGE } from '../../platform/database/list/page.js';

/** The version is the first one that has all of these; every composer knows it. */
export const FEDERATION_LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@tag", "@cost", "@listSize"])';

/** Root fields that only a SuperAdmin gets an answer from, so that a contract of a router can leave them out. */
const OPERATOR_FIELDS: ReadonlySet<string> = superAdminFields();

/** Fields that cost a statement of their own for each object, by the name that they have in every type. */
const WEIGHTS: ReadonlyMap<string, number> = new Map([['totalCount', 10], ['actions', 5], ['manifest', 5]]);

/** Directives as written in SDL. */
function parseDirectives(text: string): readonly ConstDirectiveNode[] {
  const [definition] = parse(`type T { field: Int ${text} }`, { noLocation: true }).definitions;
  return (definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0]?.directives : undefined) ?? [];
}

const OPERATOR = parseDirectives('@tag(name: "operator")');
const PAGED = parseDirectives(
  `@listSize(assumedSize: ${DEFAULT_PAGE}, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"], requireOneSlicingArgument: false)`,
);

function typeName(field: FieldDefinitionNode): string {
  const type = field.type.kind === Kind.NON_NULL_TYPE ? field.type.type : field.type;
  return type.kind === Kind.NAMED_TYPE ? type.name.value : '';
}

function directivesFor(type: string, field: FieldDefinitionNode): readonly ConstDirectiveNode[] {
  const name = field.name.value;
  const weight = WEIGHTS.get(name);
  return [
    ...(typeName(field).endsWith('Connection') ? PAGED : []),
    ...(weight === undefined ? [] : parseDirectives(`@cost(weight: ${weight})`)),
    ...((type === 'Query' || type === 'Mutation') && OPERATOR_FIELDS.has(name) ? OPERATOR : []),
  ];
}

/** The SDL with what a router may want to know before it asks: how long lists get, what is dear, what is for operators. */
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

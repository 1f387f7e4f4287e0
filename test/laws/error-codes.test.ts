import { getNamedType, type GraphQLSchema, isEnumType, isObjectType } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildGatewaySchema } from '../../src/graphql/schema/schema.js';
import { ERROR_CODES, FIELD_CODES } from '../../src/platform/error-codes.js';
import { filesUnder } from './sources.js';

const CODES = Object.keys(ERROR_CODES);

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildGatewaySchema({ referenceResolvers: {} });
});

describe('error codes', () => {
  it('are the same in the schema as in the code', () => {
    const type = schema.getType('ErrorCode');
    expect(isEnumType(type) && type.getValues().map(({ name }) => name).sort()).toEqual(CODES.toSorted());
  });

  it('have the type ErrorCode wherever a field is one', () => {
    const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'));
    const fields = types.flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()).map((field) => ({ coordinate: `${type.name}.${field.name}`, type: getNamedType(field.type).name })) : []));
    const ofCodes = fields.filter(({ coordinate }) => /([cC]ode|ImportableReason)$/.test(coordinate));
    expect(ofCodes.length).toBeGreaterThan(2);
    expect(ofCodes.filter(({ type }) => type !== 'ErrorCode')).toEqual([]);
  });

  it('are in the table, all that the source spells out', () => {
    const known = new Set([...CODES, ...Object.keys(FIELD_CODES)]);
    const spelled = filesUnder(['src/graphql', 'src/access', 'src/platform/http', 'src/tasks'], ['.ts']).flatMap(({ path, text }) =>
      [...text.matchAll(/\bcode: '([A-Z][A-Z_]+)'/g)].map(([, code = '']) => ({ path, code })),
    );
    expect(spelled.length).toBeGreaterThan(10);
    expect(spelled.filter(({ code }) => !known.has(code))).toEqual([]);
  });

  it('share no name with a rule of a field, so that an entry of fields is never read as another', () => {
    expect(Object.keys(FIELD_CODES).filter((rule) => CODES.includes(rule))).toEqual([]);
  });
});

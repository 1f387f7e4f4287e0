import { buildSchema, isInputObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { FILTER_CASES } from '../oracle/filters.js';
import { FILTER_PLANS } from '../scale/filter-plans.js';
import { projectFile } from './sources.js';

function fieldsOfFilter(): string[] {
  const type = buildSchema(projectFile('schema.graphql'), { assumeValidSDL: true }).getType('ImageFilter');
  return isInputObjectType(type) ? Object.keys(type.getFields()).sort() : [];
}

describe('every field of the filter of images', () => {
  it('is in the schema', () => {
    expect(fieldsOfFilter().length).toBeGreaterThan(10);
  });

  it('has a test of its plans, in test/scale/filter-plans.ts', () => {
    expect(Object.keys(FILTER_PLANS).sort()).toEqual(fieldsOfFilter());
  });

  it('has a case in the oracle, in test/oracle/filters.ts', () => {
    expect(Object.keys(FILTER_CASES).sort()).toEqual(fieldsOfFilter());
  });
});

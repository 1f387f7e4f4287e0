import { defineEntity, p } from '@mikro-orm/core';

const SchemaCompatibilitySchema = defineEntity({
  name: 'SchemaCompatibility',
  tableName: 'schema_compatibility',
  properties: {
    id: p.integer().primary().autoincrement(false),
    minimumVersion: p.integer(),
  },
  checks: [{ name: 'schema_compatibility_single_row', expression: 'id = 1' }],
});

/**
 * A single row: the least SCHEMA_VERSION of a program that may work with this database. Only migrations write it. A migration that
 * older programs can live with leaves it as it is, so that old and new processes run beside each other.
 */
export class SchemaCompatibility extends SchemaCompatibilitySchema.class {}
SchemaCompatibilitySchema.setClass(SchemaCompatibility);

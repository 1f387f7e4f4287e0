/**
 * What this program knows of the tables. Raise it by one together with a migration that older programs cannot live with, and let that
 * migration set `schema_compatibility.minimum_version` to the new number. See CONTRIBUTING.md, "A migration".
 */
export const SCHEMA_VERSION = 1;

/** A newer program has migrated the database, and says that this one must not work with it. */
export class NewerSchema extends Error {
  constructor(readonly minimumVersion: number) {
    super(`a newer image-gateway has migrated this database, which needs schema version ${minimumVersion} now, and this program knows version ${SCHEMA_VERSION}; install the newer program, or restore the backup from before the upgrade`);
    this.name = 'NewerSchema';
  }
}

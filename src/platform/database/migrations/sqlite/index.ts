import { Initial } from './2026-11-24-initial.js';
import { FewerIndexes } from './2026-11-24-fewer-indexes.js';
import { ImageList } from './2026-11-27-image-list.js';
import { KeptSearch } from './2026-11-24-kept-search.js';
import { OnePlace } from './2026-11-24-one-place.js';
import { Search } from './2026-11-24-search.js';
import { FileKind } from './2026-11-27-file-kind.js';
import { ApiKeyUses } from './2026-11-27-api-key-uses.js';
import { ImageOrigin } from './2026-11-27-image-origin.js';
import { ComparisonKeys } from './2026-11-27-comparison-keys.js';
import { RepositoryCredentials } from './2026-11-27-repository-credentials.js';
import { SchemaCompatibility } from './2026-11-27-schema-compatibility.js';
import { ImageVerify } from './2026-11-27-image-verify.js';
import { Claims } from './2026-11-27-claims.js';
import { FileKeys } from './2026-11-27-file-keys.js';
import { RecordedChanges } from './2026-11-27-recorded-changes.js';
import { IdempotencyKeys } from './2026-11-27-idempotency-keys.js';
import { ListFilters } from './2026-11-27-list-filters.js';
import { UserSearch } from './2026-11-28-user-search.js';

/** Oldest first; a migration that has been released never changes. */
export const sqliteMigrations = [Initial, Search, FewerIndexes, OnePlace, KeptSearch, ImageList, FileKind, ApiKeyUses, ImageOrigin, ComparisonKeys, RepositoryCredentials, SchemaCompatibility, ImageVerify, Claims, FileKeys, RecordedChanges, IdempotencyKeys, ListFilters, UserSearch];

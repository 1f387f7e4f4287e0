import type { Viewer } from '../access/viewer.js';
import type { Column } from '../platform/database/columns.js';
import { ALWAYS, type Condition } from '../platform/database/list/conditions.js';
import { notFound } from '../platform/errors.js';
import { amongIds, readObjects } from '../platform/database/read/read-rows.js';
import { joinTexts, sqlConstant, sqlText } from '../platform/database/sql-text.js';
import { idLoader, keyLoader } from '../platform/database/list/key-loader.js';
import { asBoolean, type RowOf } from '../platform/database/tables.js';
import type { RepositoryStatus } from './image-repository.enums.js';
import type { ImageRepositoryType } from './image-repository.type.js';
import type { Reads } from '../platform/database/read/reads.js';

const COLUMNS = ['r.id', 'r.name', 'r.url', 'r.is_local', 'r.status', 'r.last_update', 'r.image_count', 'r.error'] as const satisfies readonly Column[];
type RepositoryRow = RowOf<'image_repository', (typeof COLUMNS)[number]> & { status: RepositoryStatus };

const SELECTED = joinTexts(COLUMNS.map((column) => sqlConstant(column)), ', ');

function toRepository(row: RepositoryRow): ImageRepositoryType {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    isLocal: asBoolean(row.is_local),
    status: row.status,
    lastUpdate: row.last_update === null ? null : Number(row.last_update),
    imageCount: row.image_count,
    error: row.error,
  };
}

/** Reads the configured repositories, and the local one if there is one. */
export class RepositoryQueries {
  /**
   * By id, one statement per batch; null for one that is no longer configured. Checks no permission: a relation of another
   * object is visible to whoever sees that object.
   */
  readonly byId = idLoader<ImageRepositoryType>(async (ids) => this.#find(amongIds(this.em, 'r.id', ids)));

  /** By the keys of other subgraphs, one statement per batch. Checks no permission, like `byId`. */
  readonly byKey = keyLoader({ id: 'r.id', name: 'r.name' }, async (where) => this.#find(where));

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** All of them by name. FORBIDDEN for viewers who may not use repositories. */
  async all(): Promise<ImageRepositoryType[]> {
    this.viewer.demand('repository.use');
    return this.#find(ALWAYS);
  }

  async byName(name: string): Promise<ImageRepositoryType | null> {
    this.viewer.demand('repository.use');
    return (await this.#find(sqlText`r.name = ${name}`))[0] ?? null;
  }

  /** NOT_FOUND when there is none of that name; `path` is the input that names it. */
  async require(name: string, path = 'name'): Promise<ImageRepositoryType> {
    const repository = await this.byName(name);
    if (repository === null) throw notFound('image repository', name, path);
    return repository;
  }

  /** Null for viewers who may not use repositories. */
  async visibleById(id: number | null): Promise<ImageRepositoryType | null> {
    return id === null || !this.viewer.can('repository.use').allowed ? null : this.byId.load(id);
  }

  async #find(condition: Condition): Promise<ImageRepositoryType[]> {
    const text = sqlText`select ${SELECTED}
      from image_repository r where not r.retired and ${condition} order by r.name`;
    return (await readObjects<RepositoryRow>(this.em, text)).map(toRepository);
  }
}

import type { Viewer } from '../access/viewer.js';
import { ALWAYS, type Condition } from '../platform/database/list/conditions.js';
import { notFound } from '../platform/errors.js';
import { amongIds, readObjects } from '../platform/database/read/read-rows.js';
import { sqlText } from '../platform/database/sql-text.js';
import { keyLoader } from '../platform/database/list/key-loader.js';
import { asBoolean, type Flag } from '../platform/database/tables.js';
import type { RepositoryStatus } from './image-repository.enums.js';
import type { ImageRepositoryType } from './image-repository.type.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

interface RepositoryRow {
  id: number;
  name: string;
  url: string;
  is_local: Flag;
  status: RepositoryStatus;
  last_update: number | string | null;
  image_count: number;
  error: string | null;
}

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

/** Reads the repositories that are configured, and the local one while there is one. */
export class RepositoryQueries {
  /**
   * By id, one statement per batch; null for one that is no longer configured. Asks for no permission: it is for
   * relations, whose owner has decided who sees them.
   */
  readonly byId = new Loader<number, ImageRepositoryType | null>(async (ids) => {
    const found = new Map((await this.#find(amongIds(this.em, 'r.id', ids))).map((repository) => [repository.id, repository]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By what other subgraphs know it by, one statement per batch. Asks for no permission, as `byId`. */
  readonly byKey = keyLoader({ name: 'r.name' }, async (where) => this.#find(where));

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** By name. FORBIDDEN for who may not use repositories. */
  async all(): Promise<ImageRepositoryType[]> {
    this.viewer.demand('repository.use');
    return this.#find(ALWAYS);
  }

  async byName(name: string): Promise<ImageRepositoryType | null> {
    this.viewer.demand('repository.use');
    return (await this.#find(sqlText`r.name = ${name}`))[0] ?? null;
  }

  async require(name: string): Promise<ImageRepositoryType> {
    const repository = await this.byName(name);
    if (repository === null) throw notFound('image repository', name);
    return repository;
  }

  /** The same for who may use repositories, null for anybody else. */
  async visibleById(id: number | null): Promise<ImageRepositoryType | null> {
    return id === null || !this.viewer.can('repository.use').allowed ? null : this.byId.load(id);
  }

  async #find(condition: Condition): Promise<ImageRepositoryType[]> {
    const text = sqlText`select r.id, r.name, r.url, r.is_local, r.status, r.last_update, r.image_count, r.error
      from image_repository r where not r.retired and ${condition} order by r.name`;
    return (await readObjects<RepositoryRow>(this.em, text)).map(toRepository);
  }
}

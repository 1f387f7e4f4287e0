import type { Viewer } from '../access/viewer.js';
import { allOf, type Condition, oneOf } from '../platform/database/list/conditions.js';
import { storedErrorCode } from '../platform/error-codes.js';
import { notFound } from '../platform/errors.js';
import { keyLoader } from '../platform/database/list/key-loader.js';
import type { KeysetOrder } from '../platform/database/list/keyset.js';
import { type Connection, type PageArgs, readPage } from '../platform/database/list/page.js';
import { filteredList, unindexed } from '../platform/database/list/filtered-list.js';
import { type ListStatement, readList } from '../platform/database/list/read-page.js';
import { readObjects } from '../platform/database/read/read-rows.js';
import type { ConnectionSelection } from '../platform/graphql/selection.js';
import { type SqlText, sqlText } from '../platform/database/sql-text.js';
import type { TaskAction, TaskPhase, TaskStatus } from './task.states.js';
import type { TaskType } from './task.type.js';
import { visibleTasks } from './task.visibility.js';
import { Loader } from '../platform/graphql/loader.js';
import type { Reads } from '../platform/database/read/reads.js';

interface TaskRow {
  id: string;
  action: TaskAction;
  status: TaskStatus;
  phase: TaskPhase;
  bytes_done: number | string | null;
  bytes_total: number | string | null;
  attempts: number;
  user_id: number;
  datacenter_id: number | null;
  image_id: number | null;
  image_name: string | null;
  repository_id: number | null;
  detail: string;
  error_code: string | null;
  error: string | null;
  warnings: string | null;
  created_at: number | string;
  started_at: number | string | null;
  finished_at: number | string | null;
}

/** All public columns; never `instructions`. */
const COLUMNS = sqlText`t.id, t.action, t.status, t.phase, t.bytes_done, t.bytes_total, t.attempts, t.user_id, t.datacenter_id,
  t.image_id, t.image_name, t.repository_id, t.detail, t.error_code, t.error, t.warnings, t.created_at, t.started_at, t.finished_at`;

const TASKS = sqlText`task t`;

function numberOrNull(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}

function dateOrNull(value: number | string | null): Date | null {
  return value === null ? null : new Date(Number(value));
}

function toTask(row: TaskRow): TaskType {
  return {
    id: row.id,
    userId: row.user_id,
    datacenterId: row.datacenter_id,
    imageId: row.image_id,
    repositoryId: row.repository_id,
    action: row.action,
    status: row.status,
    phase: row.phase,
    bytesDone: numberOrNull(row.bytes_done),
    bytesTotal: numberOrNull(row.bytes_total),
    attempts: row.attempts,
    imageName: row.image_name,
    detail: JSON.parse(row.detail) as unknown,
    errorCode: storedErrorCode(row.error_code),
    error: row.error,
    warnings: row.warnings === null ? [] : (JSON.parse(row.warnings) as string[]), // a list of strings, as the entity writes it
    createdAt: new Date(Number(row.created_at)),
    startedAt: dateOrNull(row.started_at),
    finishedAt: dateOrNull(row.finished_at),
  };
}

/** What tasks of a list meet: everything that is given. */
export interface TaskFilter {
  datacenterId?: number | null;
  imageId?: number | null;
  imageName?: string | null;
  /** Name of a repository. */
  repository?: string | null;
  /** Username. */
  user?: string | null;
  action?: readonly TaskAction[] | null;
  status?: readonly TaskStatus[] | null;
  createdAfter?: Date | null;
  createdBefore?: Date | null;
}

const NEWEST_FIRST: KeysetOrder = { column: 't.created_at', id: 't.id', direction: 'DESC' };

/** Conditions that an index has together with the time, so that it holds their tasks in the order of the list. */
function subjectsOf(filter: TaskFilter): Condition[] {
  const conditions: Condition[] = [];
  if (typeof filter.datacenterId === 'number') conditions.push(sqlText`t.datacenter_id = ${filter.datacenterId}`);
  if (typeof filter.imageId === 'number') conditions.push(sqlText`t.image_id = ${filter.imageId}`);
  if (typeof filter.imageName === 'string') conditions.push(sqlText`t.image_name = ${filter.imageName}`);
  if (typeof filter.user === 'string') conditions.push(sqlText`t.user_id = (select u.id from user_account u where u.username = ${filter.user})`);
  if (typeof filter.repository === 'string') {
    conditions.push(sqlText`t.repository_id = (select r.id from image_repository r where r.name = ${filter.repository} and not r.retired)`);
  }
  return conditions;
}

function timesOf({ createdAfter, createdBefore }: TaskFilter): Condition[] {
  const conditions: Condition[] = [];
  if (createdAfter) conditions.push(sqlText`t.created_at > ${createdAfter.getTime()}`);
  if (createdBefore) conditions.push(sqlText`t.created_at < ${createdBefore.getTime()}`);
  return conditions;
}

function statesOf(em: Reads, { action, status }: TaskFilter): Condition[] {
  const conditions: Condition[] = [];
  if (action?.length) conditions.push(oneOf(unindexed(em, 't.action'), action));
  if (status?.length) conditions.push(oneOf(unindexed(em, 't.status'), status));
  return conditions;
}

/** Of a state that few tasks are in, the index of states finds them; of any other, the order of the list does. */
function inState({ status }: TaskFilter): { ids: SqlText }[] {
  return status?.length ? [{ ids: sqlText`select x.id from task x where ${oneOf('x.status', status)}` }] : [];
}

/** Reads the tasks that the viewer can see. */
export class TaskQueries {
  /** By id, one statement per batch; null for one that the viewer cannot see. */
  readonly byId = new Loader<string, TaskType | null>(async (ids) => {
    const found = new Map((await this.#find(oneOf('t.id', ids))).map((task) => [task.id, task]));
    return ids.map((id) => found.get(id) ?? null);
  });

  /** By an entity key of the federation, one statement per batch; null for one that the viewer cannot see. */
  readonly byKey = keyLoader({ id: 't.id' }, async (where) => this.#find(where));

  constructor(
    private readonly em: Reads,
    private readonly viewer: Viewer,
  ) {}

  /** Reads the task again, past the loader's cache. NOT_FOUND, naming the id as it was given, when the viewer cannot see it. */
  async require(id: string, given = id): Promise<TaskType> {
    const task = await this.byId.clear(id).load(id);
    if (task === null) throw notFound('task', given, 'id');
    return task;
  }

  /** Newest first. FORBIDDEN for a viewer who filters by repository and may not use repositories, as no task would show one. */
  async page(filter: TaskFilter, page: PageArgs, selection: ConnectionSelection): Promise<Connection<TaskType>> {
    if (typeof filter.repository === 'string') this.viewer.demand('repository.use');
    const list: ListStatement = { ...(await this.#read(filter)), columns: COLUMNS, order: NEWEST_FIRST };
    return readList<TaskRow, TaskType>(this.em, list, readPage(page, { name: 'task', value: 'number', id: 'string' }), selection, {
      keyOf: (row) => [Number(row.created_at), row.id],
      nodesOf: async (rows) => new Map(rows.map((row) => [row, toTask(row)])),
    });
  }

  async #read(filter: TaskFilter): Promise<Pick<ListStatement, 'from' | 'where' | 'walk'>> {
    const [subjects, times] = [subjectsOf(filter), timesOf(filter)];
    const conditions = [...statesOf(this.em, filter), visibleTasks(this.viewer)];
    const seesOwnAlone = !this.viewer.isSuperAdmin && this.viewer.datacentersWhere('task.listAll').length === 0;
    if (subjects.length > 0 || seesOwnAlone) return { from: TASKS, where: allOf([...subjects, ...times, ...conditions]) };
    return filteredList(this.em, { walk: { table: TASKS, alias: sqlText`t`, where: allOf(times), order: NEWEST_FIRST }, conditions, candidates: inState(filter) });
  }

  async #find(condition: Condition): Promise<TaskType[]> {
    const where = allOf([condition, visibleTasks(this.viewer)]);
    return (await readObjects<TaskRow>(this.em, sqlText`select ${COLUMNS} from task t where ${where}`)).map(toTask);
  }
}

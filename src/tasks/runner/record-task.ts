import { randomUUID } from 'node:crypto';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import type { TaskAction, TaskPhase, TaskStatus } from '../task.states.js';
import type { Announce } from '../changes/transact.js';

/** Who starts a task. */
export interface TaskStarter {
  userId: number;
  /** Groups by the starter's token: the task runs with them, though the token expires meanwhile. */
  tokenGroups: readonly string[];
}

/** The user, action and subjects of a task; ids of rows that exist or are written in the same transaction. */
export interface TaskFacts {
  action: TaskAction;
  userId: number;
  datacenterId?: number | null;
  imageId?: number | null;
  imageName?: string | null;
  repositoryId?: number | null;
  /** Public: changed fields with their old and new values, URLs. */
  detail: Record<string, unknown>;
}

/** Work for the runner: its private instructions, and the expected bytes if they are known. */
export interface TaskWork {
  instructions: Record<string, unknown>;
  bytesTotal?: number;
}

/** The groups that the token of a task's starter named, as `recordWork` stored them. */
export function starterGroupsOf({ starterGroups }: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(starterGroups) ? starterGroups.filter((name): name is string => typeof name === 'string') : [];
}

/** A version 7 UUID: ids sort by time of creation. */
export function newTaskId(now: number = Date.now()): string {
  const time = now.toString(16).padStart(12, '0');
  // A version 4 UUID with the time and version put in: Node draws random bits for many of them at once.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** When a task was recorded, in ms since 1970, by its id; null for an id of another kind. */
export function timeOfTask(id: string): number | null {
  const digits = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(id);
  return digits === null ? null : Number.parseInt(`${digits[1]}${digits[2]}`, 16);
}

/** Columns of a new task that depend on whether its work is done. */
interface Beginning {
  status: TaskStatus;
  phase: TaskPhase;
  instructions: Record<string, unknown>;
  bytesTotal: number | null;
  isDone: boolean;
}

async function insertTask(tx: SqlEntityManager, facts: TaskFacts, beginning: Beginning, announce: Announce): Promise<string> {
  const now = Date.now();
  const id = newTaskId(now);
  const { action, userId, datacenterId = null, imageId = null, imageName = null, repositoryId = null, detail } = facts;
  const { status, phase, instructions, bytesTotal, isDone } = beginning;
  const [bytesDone, endedAt] = [bytesTotal === null ? null : 0, isDone ? now : null];
  await writeRows(
    tx,
    sqlText`insert into task (id, action, status, phase, bytes_done, bytes_total, attempts, cancel_requested, user_id, datacenter_id, image_id,
      image_name, repository_id, detail, instructions, created_at, started_at, finished_at)
      values (${id}, ${action}, ${status}, ${phase}, ${bytesDone}, ${bytesTotal}, 0, false, ${userId}, ${datacenterId}, ${imageId},
      ${imageName}, ${repositoryId}, ${JSON.stringify(detail)}, ${JSON.stringify(instructions)}, ${now}, ${endedAt}, ${endedAt})`,
  );
  announce({ type: 'task', taskId: id, imageName, ...(!isDone && { recorded: { action, userId } }) });
  return id;
}

/** Logs a change that this transaction makes, as a finished task; returns its id. */
export async function recordDone(tx: SqlEntityManager, facts: TaskFacts, announce: Announce): Promise<string> {
  return insertTask(tx, facts, { status: 'SUCCEEDED', phase: 'DONE', instructions: {}, bytesTotal: null, isDone: true }, announce);
}

/** Records a task, which the runner starts after the commit; returns its id. */
export async function recordWork(tx: SqlEntityManager, facts: TaskFacts & TaskStarter, work: TaskWork, announce: Announce): Promise<string> {
  const { bytesTotal } = work;
  const { tokenGroups } = facts;
  const instructions = tokenGroups.length === 0 ? work.instructions : { ...work.instructions, starterGroups: tokenGroups };
  return insertTask(tx, facts, { status: 'PENDING', phase: 'QUEUED', instructions, bytesTotal: bytesTotal ?? null, isDone: false }, announce);
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskAction } from '../../src/tasks/task.states.js';
import type { ClusterClient, Outcome } from './client.js';
import type { FaultHistory } from './history.js';
import { imageLine, type ImageModel, readImage, type ShownImage } from './image-model.js';
import { type Ledger, type SeenEnd, taskRowId } from './ledger.js';
import type { Source } from './source.js';

/** What those who change things work with. */
export interface ChangeServices {
  client: ClusterClient;
  ledger: Ledger;
  history: FaultHistory;
  source: Source;
  /** Images whose bytes were taken away, by uuid. */
  robbed: Set<string>;
  /** A task that takes longer is cancelled. */
  patienceMs: number;
}

/** A change of one image, from one state to another; null is an image that is not there. */
export interface ImageChange {
  action: TaskAction;
  name: string;
  mutation: string;
  variables: Record<string, unknown>;
  before: ImageModel | null;
  /** A function of the answer where the gateway chooses a part of it. */
  after: ImageModel | null | ((data: Record<string, any>) => ImageModel | null); // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  /** Cancel the task after so many ms. */
  cancelAfterMs?: number;
}

/** What came of a change of an image. */
export interface ChangeResult {
  outcome: Outcome;
  /** Null when there was none, or nobody knows it. */
  end: SeenEnd | null;
  /** The image as it is now. */
  now: ShownImage | null;
}

const LOOK_MS = 100;
/** An answer that was lost may be of a transaction that is being committed. */
const LOST_MS = 700;
/** A task that is cancelled may take so long to end: its worker may be frozen, and its database away. */
const CANCELLED_MS = 90_000;
/** For so long another gateway may show an image as it was. */
const LAG_MS = 2000;

/** Carries out a change, waits for its task, and demands that the image is then as the answer says. */
export async function changeImage(services: ChangeServices, change: ImageChange): Promise<ChangeResult> {
  const { client, ledger, history } = services;
  const outcome = await client.change(change.mutation, change.variables);
  const taskId = outcome.kind === 'done' ? taskIdOf(outcome.data) : null;
  ledger.record(change.action, outcome, taskId);
  history.change(`${change.action} ${change.name} by ${outcome.by}: ${toldOf(outcome)} ${taskId === null ? '' : taskRowId(taskId)}`);
  if (outcome.kind === 'unknown') await sleep(LOST_MS);
  const end = taskId === null ? null : await taskEnd(services, taskId, change.cancelAfterMs);
  const now = await requireState(services, change, outcome, end);
  return { outcome, end, now };
}

function toldOf(outcome: Outcome): string {
  if (outcome.kind === 'done') return 'acknowledged';
  return outcome.kind === 'refused' ? `refused, ${outcome.code}` : `unknown, ${outcome.reason}`;
}

function taskIdOf(data: Record<string, any>): string | null { // oxlint-disable-line typescript/no-explicit-any -- answers are as varied as queries
  const [payload] = Object.values(data);
  return payload?.task?.id ?? null;
}

/** Waits for the end of a task. One that takes too long is cancelled. */
export async function taskEnd({ client, ledger, history, patienceMs }: ChangeServices, id: string, cancelAfterMs = patienceMs): Promise<SeenEnd> {
  const begun = performance.now();
  let isCancelled = false;
  for (;;) {
    const { task } = await client.read('query ($id: ID!) { task(id: $id) { status errorCode error finishedAt } }', { id });
    if (task === null) {
      history.broken(`Task ${id} was acknowledged, and is not there.`);
      return { status: 'GONE', errorCode: null, finishedAt: '' };
    }
    if (task.finishedAt !== null) {
      ledger.ends.set(id, { status: task.status, errorCode: task.errorCode, finishedAt: task.finishedAt });
      history.change(`task ${taskRowId(id)} ${task.status} ${task.errorCode ?? ''} ${String(task.error ?? '').slice(0, 160)}`);
      if (task.errorCode === 'INTERNAL_SERVER_ERROR') history.broken(`Task ${id} ended with an internal error.`);
      return task as SeenEnd;
    }
    const waited = performance.now() - begun;
    if (waited > cancelAfterMs && !isCancelled) {
      isCancelled = true;
      const { kind } = await client.change('mutation ($id: ID!) { cancelTask(id: $id) { status } }', { id });
      history.change(`task ${taskRowId(id)} cancelled: ${kind}`);
    }
    if (waited > cancelAfterMs + CANCELLED_MS) {
      history.broken(`Task ${id} does not end: ${JSON.stringify(task)}.`);
      return { status: 'OPEN', errorCode: null, finishedAt: '' };
    }
    await sleep(LOOK_MS);
  }
}

/** States in which the image may be after such an answer and such an end. */
function allowedStates({ before, after }: ImageChange, outcome: Outcome, end: SeenEnd | null): (ImageModel | null)[] {
  const later = (data: Record<string, unknown>): ImageModel | null => (typeof after === 'function' ? after(data) : after);
  if (outcome.kind === 'refused') return [before];
  if (outcome.kind === 'unknown') return [before, later({})];
  return end === null || end.status === 'SUCCEEDED' ? [later(outcome.data)] : [before];
}

/** The uuid of an image that a lost answer named is not known. */
function isSame(shown: ShownImage | null, allowed: ImageModel | null): boolean {
  if (shown === null || allowed === null) return shown === allowed;
  return imageLine(allowed.uuid === '' ? { ...shown, uuid: '' } : shown) === imageLine(allowed);
}

async function requireState(services: ChangeServices, change: ImageChange, outcome: Outcome, end: SeenEnd | null): Promise<ShownImage | null> {
  const allowed = allowedStates(change, outcome, end);
  const now = await settledImage(services, change.name, (image) => allowed.some((one) => isSame(image, one)));
  if (!allowed.some((one) => isSame(now, one))) {
    const told = `${toldOf(outcome)}${end === null ? '' : `, task ${end.status}`}`;
    services.history.broken(`${change.action} ${change.name} was ${told}, and the image is ${imageLine(now)} in place of ${allowed.map(imageLine).join(' or ')}.`);
  }
  return now;
}

/** The image once no task works on it, and, if that comes soon, once it is as wanted. */
export async function settledImage({ client, history, patienceMs }: ChangeServices, name: string, isWanted: (image: ShownImage | null) => boolean): Promise<ShownImage | null> {
  const begun = performance.now();
  for (;;) {
    const image = await readImage(client, name);
    const waited = performance.now() - begun;
    if (image?.status !== 'PENDING' && (isWanted(image) || waited > LAG_MS)) return image;
    if (waited > patienceMs + CANCELLED_MS) {
      history.broken(`Image ${name} stays PENDING.`);
      return image;
    }
    await sleep(LOOK_MS);
  }
}

import type { TaskAction } from '../task.states.js';

/** What decides who sees an image. */
export interface ImageState {
  access: string;
  status: string;
  ownerId: number;
  /** All datacenters that it is attached to. */
  datacenterIds: readonly number[];
  boundDatacenterId: number | null;
}

/** When a change was made, by the clock of the database, and its row in the record of changes. Both are set when it is published. */
interface Published {
  at?: number;
  recordId?: string;
}

/** A change of an image, with what decides who saw it before: its row may be gone, or hidden, when the event is delivered. */
export interface ImageChange extends Published {
  type: 'image';
  kind: 'CREATED' | 'UPDATED' | 'DELETED';
  imageId: number;
  uuid: string;
  name: string;
  /** How it was before the change; null where the change created it. */
  before: ImageState | null;
  /** Where it is attached after the change. */
  datacenterIds: readonly number[];
}

/** A task was created, progressed or ended. */
export interface TaskChange extends Published {
  type: 'task';
  taskId: string;
  imageName: string | null;
  /** It was recorded just now and waits for a worker. */
  recorded?: { action: TaskAction; userId: number };
  /** Somebody asked to cancel it just now. */
  isCancelled?: boolean;
}

/** A load of a repository started or ended, or its settings changed. */
export interface RepositoryChange extends Published {
  type: 'repository';
  repositoryId: number;
}

/** Permissions may have changed: listeners check theirs again. There is nothing to send. */
export interface RightsChange {
  type: 'rights';
}

/** The changes that clients can subscribe to. */
export type Followed = ImageChange | TaskChange | RepositoryChange;
/** Every change that is published. */
export type Change = Followed | RightsChange;
/** The changes of one type. */
export type FollowedOf<T extends Followed['type']> = Extract<Followed, { type: T }>;

import type { TaskAction } from '../task.states.js';

/** A change of an image, with all that visibility needs once its row is gone. */
export interface ImageChange {
  type: 'image';
  kind: 'CREATED' | 'UPDATED' | 'DELETED';
  imageId: number;
  uuid: string;
  name: string;
  access: string;
  ownerId: number;
  datacenterIds: readonly number[];
  boundDatacenterId: number | null;
}

/** A task was created, progressed or ended. */
export interface TaskChange {
  type: 'task';
  taskId: string;
  imageName: string | null;
  /** It was recorded just now and waits for a worker. */
  recorded?: { action: TaskAction; userId: number };
  /** Somebody asked to cancel it just now. */
  isCancelled?: boolean;
}

/** A load of a repository started or ended, or its settings changed. */
export interface RepositoryChange {
  type: 'repository';
  repositoryId: number;
}

/** Permissions may have changed: listeners check theirs again. There is nothing to send. */
export interface RightsChange {
  type: 'rights';
}

/** Every change that is published. */
export type Change = ImageChange | TaskChange | RepositoryChange | RightsChange;
/** The changes that clients can subscribe to. */
export type Followed = Exclude<Change, RightsChange>;

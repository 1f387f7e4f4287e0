/** What happened to an image, with what it takes to decide who may hear of it once the row is gone. */
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

/** A task was made, went on or ended. */
export interface TaskChange {
  type: 'task';
  taskId: string;
  imageName: string | null;
}

/** A load of a repository started or ended, or its settings changed. */
export interface RepositoryChange {
  type: 'repository';
  repositoryId: number;
}

/** Nothing to show: whoever listens looks again whether it still may. */
export interface RightsChange {
  type: 'rights';
}

/** What subscriptions and other processes are told of. */
export type Change = ImageChange | TaskChange | RepositoryChange | RightsChange;
/** What can be subscribed to. */
export type Followed = Exclude<Change, RightsChange>;

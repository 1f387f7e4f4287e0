import type { ImageFacts } from './facts.js';
import type { OrderArgument, PageArguments } from './lists.js';

/** The value of an image that each order compares. */
export const IMAGE_KEYS = {
  NAME: ({ name }: ImageFacts) => name,
  ALIAS: ({ alias }: ImageFacts) => alias,
  VERSION: ({ version }: ImageFacts) => version,
  SIZE: ({ size }: ImageFacts) => size,
  OS_TYPE: ({ kind }: ImageFacts) => kind,
  STATUS: () => 'OK',
  OWNER: ({ owner }: ImageFacts) => owner,
  CREATED_AT: ({ createdAt }: ImageFacts) => Date.parse(createdAt),
  UPDATED_AT: ({ updatedAt }: ImageFacts) => Date.parse(updatedAt),
};

export interface ImageList extends PageArguments {
  filter?: Readonly<Record<string, unknown>> | null;
  orderBy?: OrderArgument<keyof typeof IMAGE_KEYS> | null;
  showDeleted?: boolean | null;
}

export interface ServerList extends PageArguments {
  filter?: { search?: string | null; osType?: string[] | null; status?: string[] | null; image?: string | null; owner?: string | null } | null;
}

export interface TaskList extends PageArguments {
  datacenter?: string | null;
  image?: string | null;
  repository?: string | null;
  user?: string | null;
  action?: string[] | null;
  status?: string[] | null;
  createdAfter?: string | null;
  createdBefore?: string | null;
}

export interface Searched extends PageArguments {
  search?: string | null;
}

export interface OfferedList extends PageArguments {
  filter?: { search?: string | null; osType?: string[] | null; type?: string[] | null; importable?: boolean | null } | null;
  orderBy?: OrderArgument<'PUBLISHED_AT' | 'NAME' | 'SIZE'> | null;
}

import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';
import { REPOSITORY_STATUS } from './image-repository.entity.js';

export const RepositoryStatusEnum = enumOf(REPOSITORY_STATUS);
export type RepositoryStatus = (typeof REPOSITORY_STATUS)[number];

registerEnumType(RepositoryStatusEnum, {
  name: 'RepositoryStatus',
  description: 'How the list of a repository stands.',
  valuesConfig: {
    NEVER_LOADED: { description: 'Its list was never asked for; there is nothing to browse yet.' },
    LOADING: { description: 'Its list is being loaded; what is shown meanwhile is the list before, whole.' },
    OK: { description: 'The last load succeeded.' },
    FAILED: { description: 'The last load failed; what is shown is the list before. See `error`.' },
  },
});

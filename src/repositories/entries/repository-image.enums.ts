import { registerEnumType } from 'type-graphql';
import { enumOf } from '../../platform/graphql/enum-of.js';

/** What a repository's images can be sorted by; equal ones are sorted by id. */
const REPOSITORY_IMAGE_ORDER_FIELDS = ['PUBLISHED_AT', 'NAME', 'SIZE'] as const;
export type RepositoryImageOrderField = (typeof REPOSITORY_IMAGE_ORDER_FIELDS)[number];

export const RepositoryImageOrderFieldEnum = enumOf(REPOSITORY_IMAGE_ORDER_FIELDS);

registerEnumType(RepositoryImageOrderFieldEnum, {
  name: 'RepositoryImageOrderField',
  description: 'What to sort the images of a repository by.',
  valuesConfig: {
    PUBLISHED_AT: { description: 'When the image was published; one without a date counts as oldest.' },
    NAME: { description: 'Its name.' },
    SIZE: { description: 'The smallest disk it fits on.' },
  },
});

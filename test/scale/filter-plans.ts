import type { ImageFilter } from '../../src/images/list/image.inputs.js';

/** Of one field of the filter, a value that most images of the test meet, and one that few or none do. Null: every value leaves few images. */
interface FilterPlans {
  most: ImageFilter | null;
  few: ImageFilter;
}

/** Plans are looked at for every field of the filter; a law compares the names with the schema. */
export const FILTER_PLANS = {
  search: { most: { search: 'some words' }, few: { search: 'image-7919 ' } },
  access: { most: { access: ['PUBLIC'] }, few: { access: ['DELETED'] } },
  osType: { most: { osType: ['LINUX_VM'] }, few: { osType: ['BSD_VM'] } },
  status: { most: { status: ['OK'] }, few: { status: ['PENDING'] } },
  dcBound: { most: { dcBound: false }, few: { dcBound: true } },
  owner: { most: { owner: 'admin' }, few: { owner: 'plain' } },
  tags: { most: { tags: ['common'] }, few: { tags: ['rare-7'] } },
  resize: { most: { resize: false }, few: { resize: true } },
  deploy: { most: { deploy: false }, few: { deploy: true } },
  createdAfter: { most: { createdAfter: new Date(0) }, few: { createdAfter: new Date(9960) } },
  updatedAfter: { most: { updatedAfter: new Date(0) }, few: { updatedAfter: new Date(9960) } },
  updatedBefore: { most: { updatedBefore: new Date(9999) }, few: { updatedBefore: new Date(10) } },
  name: { most: null, few: { name: Array.from({ length: 250 }, (_, at) => `image-${(at * 7919) % 100_003}`) } },
  uuid: { most: null, few: { uuid: Array.from({ length: 250 }, (_, at) => `u${at}`) } },
  version: { most: { version: ['1'] }, few: { version: ['2'] } },
  minSize: { most: { minSize: 1025 }, few: { minSize: 1029 } },
  maxSize: { most: { maxSize: 1028 }, few: { maxSize: 1000 } },
  repository: { most: { repository: ['offers'] }, few: { repository: ['other'] } },
  inUse: { most: { inUse: true }, few: { inUse: false } },
  not: { most: { not: { version: ['2'] } }, few: { not: { version: ['1'] } } },
  createdBefore: { most: { createdBefore: new Date(9999) }, few: { createdBefore: new Date(10) } },
} satisfies Record<keyof ImageFilter, FilterPlans>;

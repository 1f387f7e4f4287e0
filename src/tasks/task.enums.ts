import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';
import { TASK_ACTIONS, TASK_PHASES, TASK_STATUS } from './task.states.js';

export const TaskActionEnum = enumOf(TASK_ACTIONS);

registerEnumType(TaskActionEnum, {
  name: 'TaskAction',
  description: 'What a task does.',
  valuesConfig: {
    IMAGE_CREATE: { description: 'Creates an image from a snapshot.' },
    IMAGE_IMPORT: { description: 'Imports an image, from a URL or a repository.' },
    IMAGE_UPDATE: { description: 'Changes fields of an image.' },
    IMAGE_DELETE: { description: 'Removes an image from the catalogue and from the image server.' },
    IMAGE_ATTACH: { description: 'Attaches an image to a datacenter.' },
    IMAGE_DETACH: { description: 'Detaches an image from a datacenter.' },
    IMAGE_VERIFY: { description: 'Hashes the stored file of an image again and compares it with what was recorded.' },
    REPOSITORY_REFRESH: { description: 'Loads the list of an image repository.' },
    SETTINGS_UPDATE: { description: 'Changes settings, of one datacenter or global ones.' },
    DATACENTER_CREATE: { description: 'Creates a datacenter.' },
    DATACENTER_UPDATE: { description: 'Changes a datacenter.' },
    DATACENTER_DELETE: { description: 'Deletes a datacenter, which unbinds and detaches its images.' },
  },
});

export const TaskStatusEnum = enumOf(TASK_STATUS);

registerEnumType(TaskStatusEnum, {
  name: 'TaskStatus',
  description: 'How a task stands. SUCCEEDED, FAILED and CANCELLED are final.',
  valuesConfig: {
    PENDING: { description: 'It waits for its turn, for the first time or after an attempt that broke off.' },
    RUNNING: { description: 'It is being worked on.' },
    SUCCEEDED: { description: 'All of it was done.' },
    FAILED: { description: 'It was given up and what it had begun was taken back; `error` says why.' },
    CANCELLED: { description: 'It was stopped on request and what it had begun was taken back.' },
  },
});

export const TaskPhaseEnum = enumOf(TASK_PHASES);

registerEnumType(TaskPhaseEnum, {
  name: 'TaskPhase',
  description: 'The step that a task is at, or was at when it ended without success.',
  valuesConfig: {
    QUEUED: { description: 'Not begun.' },
    CHECKING: { description: 'Finding out whether everything it needs is there.' },
    DOWNLOADING: { description: 'Taking bytes in; `bytesDone` counts them.' },
    VERIFYING: { description: 'Comparing checksums and size with the manifest.' },
    PUBLISHING: { description: 'Making the result visible on the image server and in the catalogue.' },
    DONE: { description: 'Nothing left to do.' },
  },
});

export const TASK_ACTIONS = [
  'IMAGE_CREATE',
  'IMAGE_IMPORT',
  'IMAGE_UPDATE',
  'IMAGE_DELETE',
  'IMAGE_ATTACH',
  'IMAGE_DETACH',
  'IMAGE_VERIFY',
  'REPOSITORY_REFRESH',
  'SETTINGS_UPDATE',
  'DATACENTER_CREATE',
  'DATACENTER_UPDATE',
  'DATACENTER_DELETE',
] as const;
export const TASK_STATUS = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export const TASK_PHASES = ['QUEUED', 'CHECKING', 'DOWNLOADING', 'VERIFYING', 'PUBLISHING', 'DONE'] as const;

export type TaskAction = (typeof TASK_ACTIONS)[number];
export type TaskStatus = (typeof TASK_STATUS)[number];
export type TaskPhase = (typeof TASK_PHASES)[number];

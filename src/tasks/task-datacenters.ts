/** The lookup of datacenters that tasks/ needs, provided by the composition root: tasks/ imports no feature. */
export abstract class TaskDatacenters {
  /** NOT_FOUND when the viewer cannot see a datacenter of that name. */
  abstract datacenterId(name: string): Promise<number>;
}

/** How the task log learns of datacenters, which it knows nothing about itself. */
export abstract class TaskDatacenters {
  /** NOT_FOUND when the viewer cannot see a datacenter of that name. */
  abstract datacenterId(name: string): Promise<number>;
}

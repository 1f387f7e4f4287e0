import type { SqlEntityManager } from '@mikro-orm/sqlite';
import type { Operation } from './operation.js';

/** The part of an EntityManager that reads use. */
export interface Reads {
  getDriver: SqlEntityManager['getDriver'];
  isInTransaction: SqlEntityManager['isInTransaction'];
  getKysely: SqlEntityManager['getKysely'];
}

/** The reads of one operation, which end with its time. Cheap to create per request: all share one EntityManager. */
export class OperationReads implements Reads {
  constructor(
    /** Shared: never for entities. */
    readonly em: SqlEntityManager,
    readonly operation: Operation,
  ) {}

  getDriver(): ReturnType<Reads['getDriver']> {
    return this.em.getDriver();
  }

  isInTransaction(): boolean {
    return this.em.isInTransaction();
  }

  get getKysely(): Reads['getKysely'] {
    return this.em.getKysely.bind(this.em) as Reads['getKysely'];
  }
}

const operations = new WeakMap<Reads, Operation>();

/** Makes the reads of an EntityManager part of an operation. */
export function joinOperation(em: SqlEntityManager, operation: Operation): SqlEntityManager {
  operations.set(em, operation);
  return em;
}

/** Null for what belongs to no operation, such as tasks. */
export function operationOf(reads: Reads): Operation | null {
  return reads instanceof OperationReads ? reads.operation : (operations.get(reads) ?? null);
}

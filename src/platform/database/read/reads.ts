import type { SqlEntityManager } from '@mikro-orm/sqlite';
import type { Operation } from './operation.js';

/** What statements that only read need of an EntityManager. */
export interface Reads {
  getDriver: SqlEntityManager['getDriver'];
  isInTransaction: SqlEntityManager['isInTransaction'];
  getKysely: SqlEntityManager['getKysely'];
}

/** The reads of one operation: its time ends them. Light, as each request makes one, around an EntityManager that all share. */
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

/** From now on, what is read through the EntityManager is a part of the operation. */
export function joinOperation(em: SqlEntityManager, operation: Operation): SqlEntityManager {
  operations.set(em, operation);
  return em;
}

/** Null for what belongs to no operation, such as tasks. */
export function operationOf(reads: Reads): Operation | null {
  return reads instanceof OperationReads ? reads.operation : (operations.get(reads) ?? null);
}

import type { SqlEntityManager } from '../platform/database/database.js';
import type { ImageRepository } from './image-repository.entity.js';

/** Takes a repository out of the settings: its name is free at once, its stored images go later in small steps. */
export async function retireRepository(tx: SqlEntityManager, repository: ImageRepository): Promise<void> {
  repository.retired = true;
  repository.name = `!${repository.id}`;
  await tx.flush();
}

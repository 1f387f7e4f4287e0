import type { Viewer } from '../../access/viewer.js';
import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import { ImageServerGate } from '../../images/rules/image-server-gate.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/store/file-store.js';
import type { ImageServerType } from './image-server.type.js';
import type { ServerQueries } from '../server.queries.js';

interface ImageServerServices {
  em: SqlEntityManager;
  viewer: Viewer;
  store: FileStore;
  servers: ServerQueries;
  imageServerUrl: string;
}

/** Reads what compute nodes need to know about the image server. */
export class ImageServerQueries {
  constructor(private readonly services: ImageServerServices) {}

  /** Null when none is configured. FORBIDDEN unless the viewer is DCAdmin somewhere. */
  async get(): Promise<ImageServerType | null> {
    const { em, viewer, servers, imageServerUrl: url } = this.services;
    viewer.demand('imageServer.read');
    const state = await readImageServer(em);
    if (state === null) return null;
    const sources = [url, ...state.sources];
    return {
      virtualServer: await servers.imageServer(state.serverId),
      url,
      sources,
      imgadmConfig: { sources: sources.map((source) => ({ url: source, type: 'imgapi' })) },
      available: await this.#isAvailable(),
    };
  }

  async #isAvailable(): Promise<boolean> {
    try {
      return (await new ImageServerGate(this.services.em, this.services.store).open()) !== null;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }
}

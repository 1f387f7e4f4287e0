import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { Viewer } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../../datacenters/datacenter.type.js';
import { deriveFields } from '../../imgapi/image-fields.js';
import type { ImgapiClient } from '../../imgapi/client.js';
import { type ImgManifest, type ManifestFile, requireImportable } from '../../imgapi/manifest.js';
import type { SqlEntityManager } from '../../platform/database.js';
import { alreadyExists, AppError, badInput, type FieldError } from '../../platform/errors.js';
import type { FileStore } from '../../platform/file-store/file-store.js';
import type { ChangeBus } from '../../tasks/change-bus.js';
import type { TaskQueries } from '../../tasks/task.queries.js';
import type { TaskRunner } from '../../tasks/task-runner.js';
import { transact } from '../../tasks/transact.js';
import { imageFieldFaults } from '../image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../image-server-gate.js';
import { Image } from '../image.entity.js';
import type { ImageTaskPayloadType } from '../image-payload.type.js';
import type { ImageQueries } from '../image.queries.js';
import type { ImportImageInput } from '../image-mutation.inputs.js';
import type { ImportedImageFields } from '../new-image.inputs.js';
import { requireActiveUser } from '../owner.js';
import { type NewImage, recordImport } from './record-import.js';
import type { ImportSource } from './source.js';

/** What an import is asked for, whichever way its manifest is found. */
export type ImportFields = ImportedImageFields & { name?: string | null };

export interface ImportParts {
  em: SqlEntityManager;
  viewer: Viewer;
  changes: ChangeBus;
  runner: TaskRunner;
  imgapi: ImgapiClient;
  gate: ImageServerGate;
  store: FileStore;
  datacenters: DatacenterQueries;
  images: ImageQueries;
  tasks: TaskQueries;
  trustedHosts: (em: SqlEntityManager) => Promise<ReadonlySet<string>>;
}

/** Takes images into the catalogue from a manifest. Everything is checked before anything changes. */
export class ImportService {
  constructor(private readonly parts: ImportParts) {}

  async importImage(input: ImportImageInput): Promise<ImageTaskPayloadType> {
    const datacenter = await this.admit(input);
    const fileUrl = input.fileUrl ?? `${input.manifestUrl}/file`;
    return this.importFrom(input, datacenter, { manifestUrl: input.manifestUrl, fileUrl, uuid: null, repositoryId: null, isLocal: false });
  }

  /** May this viewer import there at all? Asked before anything is fetched, and before a repository is looked into. */
  async admit(input: ImportFields): Promise<DatacenterType | null> {
    const { viewer, datacenters } = this.parts;
    if (input.dcBound === false) {
      viewer.demand('image.importUnbound');
      return null;
    }
    if (typeof input.datacenter !== 'string') {
      viewer.demand('repository.use');
      throw badInput([{ path: 'datacenter', message: 'Name the datacenter to bind the image to, or give dcBound: false.' }]);
    }
    const datacenter = await datacenters.require(input.datacenter);
    viewer.demand('image.import', { datacenter });
    return datacenter;
  }

  /**
   * Imports the image that a manifest describes: the image is PENDING and its task goes on after the answer; without an
   * image server it is OK at once. Answers the errors of domain rules in their order, the caller's own values first.
   */
  async importFrom(input: ImportFields, datacenter: DatacenterType | null, source: ImportSource): Promise<ImageTaskPayloadType> {
    const ownerId = await this.#checkFields(input);
    const manifest = await this.#fetchManifest(source);
    const server = await this.#checkState(manifest);
    const image = this.#newImage(input, manifest, ownerId);
    const taskId = await this.#record(image, datacenter, source, server);
    if (server) this.parts.runner.enqueue(taskId, 'IMAGE_IMPORT');
    return this.#payload(image.name, taskId, server ? [] : [NO_IMAGE_SERVER]);
  }

  async #checkFields(input: ImportFields): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.parts.em, input.owner, this.parts.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  async #fetchManifest(source: ImportSource): Promise<ImgManifest & { file: ManifestFile }> {
    const manifest = requireImportable(await this.#readManifest(source));
    if (source.uuid !== null && manifest.uuid !== source.uuid) {
      throw new AppError('INVALID_MANIFEST', `The manifest at ${source.manifestUrl} is of ${manifest.uuid}, not of ${source.uuid}.`);
    }
    await this.#requireUnknown(manifest.uuid);
    return manifest;
  }

  async #readManifest({ manifestUrl, isLocal, uuid }: ImportSource): Promise<unknown> {
    if (!isLocal || uuid === null) {
      return this.parts.imgapi.getManifest(manifestUrl, { trustedHosts: await this.parts.trustedHosts(this.parts.em) });
    }
    const text = await this.parts.store.readManifest(uuid);
    if (text === null) throw new AppError('MANIFEST_UNREACHABLE', `The image store has no manifest for ${uuid}; place it there as ${uuid}/manifest.`);
    return parseStored(text, uuid);
  }

  async #requireUnknown(uuid: string): Promise<void> {
    const known = await this.parts.em.findOne(Image, { uuid }, { fields: ['name'] });
    if (known === null) return;
    const seen = await this.parts.images.one(null, uuid);
    throw alreadyExists(
      seen === null
        ? `An image with the uuid ${uuid} is in the catalogue already.`
        : `The image ${uuid} is in the catalogue already, as ${seen.name}.`,
    );
  }

  async #checkState(manifest: ImgManifest): Promise<boolean> {
    const server = await this.parts.gate.open();
    await requireOrigin(this.parts.em, manifest.origin);
    return server !== null;
  }

  #newImage(input: ImportFields, manifest: ImgManifest & { file: ManifestFile }, ownerId: number): NewImage {
    const derived = deriveFields(manifest);
    const name = input.name ?? derived.name;
    if (name === null) {
      throw badInput([{ path: 'name', message: `Nothing of the manifest's name ${JSON.stringify(manifest.name)} can be a name here; give one.` }]);
    }
    if (derived.osType === null) throw new AppError('UNSUPPORTED_TYPE', `An image of type ${manifest.type} cannot run here.`);
    return {
      uuid: manifest.uuid,
      name,
      alias: input.alias ?? name,
      version: input.version ?? derived.version,
      access: input.access ?? 'PRIVATE',
      ownerId,
      description: input.description ?? derived.description,
      sizeMib: derived.sizeMib,
      osType: derived.osType,
      resize: input.resize ?? derived.resize,
      deploy: input.deploy ?? derived.deploy,
      tags: input.tags ?? derived.tags,
      homepage: derived.homepage,
      manifest: JSON.stringify(manifest.raw),
      origin: manifest.origin,
      file: manifest.file,
    };
  }

  async #record(image: NewImage, datacenter: DatacenterType | null, source: ImportSource, withFile: boolean): Promise<string> {
    const { em, changes, viewer } = this.parts;
    try {
      return await transact(em.fork(), changes, (tx, announce) =>
        recordImport(tx, { image, datacenter, source, withFile, userId: viewer.userId }, announce),
      );
    } catch (error) {
      // Somebody was faster between the check and the commit; the database holds the rule.
      if (error instanceof UniqueConstraintViolationException) await this.#requireUnknown(image.uuid);
      if (error instanceof UniqueConstraintViolationException) throw alreadyExists(`The name ${image.name}, or the alias ${image.alias} with version ${image.version}, is taken.`);
      throw error;
    }
  }

  async #payload(name: string, taskId: string, warnings: string[]): Promise<ImageTaskPayloadType> {
    const [image, task] = [await this.parts.images.require(name), await this.parts.tasks.require(taskId)];
    return { image, task, warnings };
  }
}

function parseStored(text: string, uuid: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AppError('INVALID_MANIFEST', `The file ${uuid}/manifest in the image store is not JSON.`);
  }
}

/** MISSING_ORIGIN unless the image that another one builds on is in the catalogue. */
async function requireOrigin(em: SqlEntityManager, origin: string | undefined): Promise<void> {
  if (origin === undefined) return;
  const base = await em.findOne(Image, { uuid: origin, status: 'OK' }, { fields: ['id'] });
  if (base === null) throw new AppError('MISSING_ORIGIN', `The image builds on ${origin}, which is not in the catalogue; import that one first.`);
}

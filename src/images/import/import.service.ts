import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../../datacenters/datacenter.type.js';
import type { ImgManifest, ManifestFile } from '../../imgapi/manifest.js';
import { fetchFileStart } from '../../imgapi/fetch-file.js';
import { upstreamWarnings } from '../../imgapi/upstream-warnings.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists, AppError, badInput, type FieldError } from '../../platform/errors.js';
import { FetchFailure } from '../../platform/fetch/fetch-failure.js';
import type { GuardedFetch } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { type Command, type CommandOutcome, type CommandServices, runCommand } from '../mutations/run-command.js';
import { imageFieldFaults } from '../rules/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../rules/image-server-gate.js';
import { detectByStart, detectFileKind, fileKindWarnings, SAMPLE_BYTES } from '../file-kind/file-kind.js';
import { Image } from '../image.entity.js';
import { manifestCorrections } from '../manifest/shown-manifest.js';
import type { ImageTaskPayloadType } from '../mutations/image-payload.type.js';
import type { ImportImageInput } from '../mutations/image-mutation.inputs.js';
import type { ImageType } from '../image.type.js';
import { requireActiveUser } from '../rules/owner.js';
import { findWithoutFile, recordFileImport } from './image-without-file.js';
import { type ImportFields, newImage } from './new-image.js';
import { readSource, type SourceServices } from './read-source.js';
import { type NewImage, recordImport, requireAdmissible } from './record-import.js';
import { defaultFileUrl, type ImportSource } from './source.js';

export interface ImportServices extends CommandServices, SourceServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  fetch: GuardedFetch;
}

/** How long a dry run waits for the first bytes of a file. */
const LOOK_TIMEOUT_MS = 5000;

type Importable = ImgManifest & { file: ManifestFile };

/** An import for which the caller has the permission. */
interface ImportRequest {
  source: ImportSource;
  datacenter: DatacenterType | null;
  dryRun: boolean;
}

/** Imports images by their manifest. Everything is checked before anything changes. */
export class ImportService {
  constructor(private readonly services: ImportServices) {}

  async importImage(input: ImportImageInput): Promise<ImageTaskPayloadType> {
    const datacenter = await this.admit(input);
    const fileUrl = input.fileUrl ?? defaultFileUrl(input.manifestUrl);
    return this.importFrom(input, datacenter, { manifestUrl: input.manifestUrl, fileUrl, uuid: null, repositoryId: null, isLocal: false });
  }

  /** The datacenter to import to, null for none. Refuses a viewer without the permission before anything is fetched or any repository is read. */
  async admit(input: ImportFields): Promise<DatacenterType | null> {
    const { viewer, datacenters } = this.services;
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
   * Imports the image that a manifest describes. The image is PENDING while its task goes on after the response; without an image server
   * it is OK at once. The values of the caller are checked before the manifest. An image that was imported from the same source without
   * a file gets its file.
   */
  async importFrom(input: ImportFields, datacenter: DatacenterType | null, source: ImportSource): Promise<ImageTaskPayloadType> {
    const ownerId = await this.#checkFields(input);
    const manifest = await readSource(this.services, source);
    const existing = await findWithoutFile(this.services, manifest.uuid, source, input.name ?? null);
    if (existing !== null) return this.#importFile(existing, manifest, { source, datacenter, dryRun: input.dryRun === true });
    const image = newImage(input, manifest, ownerId);
    await requireAdmissible(this.services.em.fork(), image, datacenter);
    const withFile = await this.#checkState(manifest);
    const fileWarnings = withFile && input.dryRun === true ? await this.#fileWarnings(manifest, source) : [];
    return this.#importNew(image, { fileWarnings, upstream: upstreamWarnings(manifest), datacenter, source, withFile, dryRun: input.dryRun === true });
  }

  async #checkFields(input: ImportFields): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.services.em, input.owner, this.services.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  async #checkState(manifest: ImgManifest): Promise<boolean> {
    const server = await this.services.gate.open();
    await requireOrigin(this.services.em, manifest.origin);
    return server !== null;
  }

  async #importFile(existing: ImageType, { file, ...manifest }: Importable, { source, datacenter, dryRun }: ImportRequest): Promise<ImageTaskPayloadType> {
    await this.#checkState(manifest);
    const { uuid, name } = existing;
    const admittedTo = datacenter && { id: datacenter.id, name: datacenter.name };
    const warnings = [...(dryRun ? [downloadWarning(file, source), ...(await this.#fileWarnings({ ...manifest, file }, source))] : []), ...upstreamWarnings(manifest)];
    return this.#run(name, dryRun, warnings.concat(`Image ${name} is in the catalogue without a file: it keeps its fields and gets its file.`), (tx, announce) =>
      recordFileImport(tx, { uuid, file, source, userId: this.services.viewer.userId, admittedTo }, announce),
    );
  }

  /** What a dry run tells of the file by its first bytes. UNSUPPORTED_FORMAT where the import would fail with it. */
  async #fileWarnings({ uuid, type, file }: Importable, { fileUrl, isLocal, repositoryId }: ImportSource): Promise<string[]> {
    const { em, store, fetch, accessTo } = this.services;
    const declared = { compression: file.compression, type };
    if (isLocal) {
      const kind = await detectFileKind(`The file of ${uuid}`, file.size, async (start, length) => store.readFile(uuid, { start, end: start + length - 1 }));
      return fileKindWarnings(kind, declared);
    }
    try {
      const start = await fetchFileStart(fetch, fileUrl, SAMPLE_BYTES, { ...(await accessTo(em, repositoryId)), signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
      return fileKindWarnings(await detectByStart(`The file at ${redactUrl(fileUrl)}`, start), declared);
    } catch (error) {
      if (!(error instanceof FetchFailure) && !isTimeout(error)) throw error;
      return [`Its file cannot be read now: ${error instanceof FetchFailure ? error.message : `${redactUrl(fileUrl)} sends no bytes within ${LOOK_TIMEOUT_MS / 1000} s.`}`];
    }
  }

  async #importNew(
    image: NewImage,
    { datacenter, source, withFile, dryRun, fileWarnings, upstream }: ImportRequest & { withFile: boolean; fileWarnings: readonly string[]; upstream: readonly string[] },
  ): Promise<ImageTaskPayloadType> {
    const binding = datacenter === null ? 'bound and attached nowhere' : `bound to datacenter ${datacenter.name}`;
    const created = `Image ${image.name} (${image.osType}, ${image.sizeMib} MiB) will be created, ${binding}.`;
    const warnings = [...(dryRun ? [created, ...(withFile ? [downloadWarning(image.file, source), ...fileWarnings] : [])] : []), ...upstream];
    try {
      const allWarnings = [...warnings, ...manifestCorrections(image), ...(withFile ? [] : [NO_IMAGE_SERVER])];
      return await this.#run(image.name, dryRun, allWarnings, (tx, announce) =>
        recordImport(tx, { image, datacenter, source, withFile, dryRun, userId: this.services.viewer.userId }, announce),
      );
    } catch (error) {
      // A concurrent import committed after the check; the unique indexes refuse this one.
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      await findWithoutFile(this.services, image.uuid, source, image.name);
      throw alreadyExists(`The name ${image.name}, or the alias ${image.alias} with version ${image.version}, is taken.`);
    }
  }

  async #run(name: string, dryRun: boolean, warnings: string[], work: Command<CommandOutcome, ImageTaskPayloadType>['work']): Promise<ImageTaskPayloadType> {
    return runCommand(this.services, dryRun, {
      work,
      read: async (reading, { taskId }) => ({ image: await reading.images.require(name), task: await reading.tasks.require(taskId), warnings }),
    });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function downloadWarning({ size }: ManifestFile, { fileUrl, isLocal }: ImportSource): string {
  return isLocal ? `Its file of ${size} bytes will be verified where it lies in the image store.` : `Its file of ${size} bytes will be downloaded from ${redactUrl(fileUrl)}.`;
}

/** Throws MISSING_ORIGIN unless the image that this one builds on is in the catalogue. */
async function requireOrigin(em: SqlEntityManager, origin: string | undefined): Promise<void> {
  if (origin === undefined) return;
  const base = await em.fork().findOne(Image, { uuid: origin, status: 'OK' }, { fields: ['id'] });
  if (base === null) throw new AppError('MISSING_ORIGIN', `The image builds on ${origin}, which is not in the catalogue; import that one first.`);
}

import { Readable } from 'node:stream';
import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../../datacenters/datacenter.type.js';
import type { ImgManifest, ManifestFile } from '../../imgapi/manifest.js';
import { fetchFilePart } from '../../imgapi/fetch-file.js';
import { withStoredTexts } from '../../platform/display-text.js';
import { upstreamWarnings } from '../../imgapi/upstream-warnings.js';
import { alreadyExists, badInput, type BlamedFields, blaming, type FieldError } from '../../platform/errors.js';
import { FetchFailure } from '../../platform/fetch/fetch-failure.js';
import type { GuardedFetch } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { type Command, type CommandOutcome, type CommandServices, runCommand } from '../mutations/run-command.js';
import { imageFieldFaults } from '../rules/image-rules.js';
import { type ImageServerGate, NO_IMAGE_SERVER } from '../rules/image-server-gate.js';
import { detectFileKind, fileKindWarnings } from '../file-kind/file-kind.js';
import { manifestCorrections } from '../manifest/shown-manifest.js';
import type { ImageTaskPayloadType } from '../mutations/image-payload.type.js';
import type { ImportImageInput } from '../mutations/image-mutation.inputs.js';
import type { ImageType } from '../image.type.js';
import { demandUnusedKey, keyedRequest, type KeyedRequest, recordKey } from '../../tasks/idempotency/idempotency-keys.js';
import { childWarnings } from '../bases/base-warnings.js';
import type { ImageAccess } from '../image.enums.js';
import { placedFileOf } from '../store/placed-files.js';
import { requireActiveUser } from '../rules/owner.js';
import { findWithoutFile, recordFileImport } from './image-without-file.js';
import { type ImportFields, newImage } from './new-image.js';
import { type FindOrigin, requireOrigin } from './origins/missing-origin.js';
import { nameOfOrigin, readOrigins } from './origins/read-origins.js';
import { type NewOrigin, recordOrigins } from './origins/record-origins.js';
import { readSource, type SourceServices } from './read-source.js';
import { onceForKey } from './repeated-import.js';
import { type NewImage, recordImport, requireAdmissible, requireRoomFor } from './record-import.js';
import { defaultFileUrl, type ImportSource } from './source.js';
import { requireStoredFile } from './stored-file.js';

export interface ImportServices extends CommandServices, SourceServices {
  gate: ImageServerGate;
  datacenters: DatacenterQueries;
  fetch: GuardedFetch;
  findOrigin: FindOrigin;
}

/** How long a dry run waits for the first bytes of a file. */
const LOOK_TIMEOUT_MS = 5000;

type Importable = ImgManifest & { file: ManifestFile };

/** An import for which the caller has the permission. */
interface ImportRequest {
  source: ImportSource;
  datacenter: DatacenterType | null;
  dryRun: boolean;
  /** Missing origins are imported first, and the import waits for them. */
  mayWait: boolean;
  key: KeyedRequest | null;
}

interface ImportOutcome extends CommandOutcome {
  warnings: string[];
}

/** Imports images by their manifest. Everything is checked before anything changes. */
export class ImportService {
  constructor(private readonly services: ImportServices) {}

  async importImage(input: ImportImageInput): Promise<ImageTaskPayloadType> {
    const datacenter = await this.admit(input);
    const fileUrl = input.fileUrl ?? defaultFileUrl(input.manifestUrl);
    return this.once(input, async () => this.importFrom(input, datacenter, { manifestUrl: input.manifestUrl, fileUrl, uuid: null, repositoryId: null, isLocal: false }));
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
      throw badInput([{ path: 'datacenter', code: 'REQUIRED', message: 'Name the datacenter to bind the image to, or give dcBound: false.' }]);
    }
    const datacenter = await datacenters.require(input.datacenter);
    viewer.demand('image.import', { datacenter });
    return datacenter;
  }

  /** For an admitted viewer: answers a request that was sent before, by its idempotency key, with what that made. */
  async once(input: ImportFields, run: () => Promise<ImageTaskPayloadType>): Promise<ImageTaskPayloadType> {
    return onceForKey(this.services, this.#keyOf(input), run);
  }

  #keyOf(input: ImportFields): KeyedRequest | null {
    return keyedRequest(this.services.viewer.userId, withStoredTexts(input));
  }

  /**
   * Imports the image that a manifest describes. The image is PENDING while its task goes on after the response; without an image server
   * it is OK at once. The values of the caller are checked before the manifest. An image that was imported from the same source without
   * a file gets its file.
   */
  async importFrom(input: ImportFields, datacenter: DatacenterType | null, source: ImportSource): Promise<ImageTaskPayloadType> {
    return this.#importFromStored(withStoredTexts(input), datacenter, source);
  }

  async #importFromStored(input: ImportFields, datacenter: DatacenterType | null, source: ImportSource): Promise<ImageTaskPayloadType> {
    const ownerId = await this.#checkFields(input);
    const blamed = blamedInput(source);
    const find = async (uuid: string): Promise<ImageType | null> => blaming(blamed, async () => findWithoutFile(this.services, uuid, source, input.name ?? null));
    // Before the manifest is read, if the uuid is known: that of an image of the catalogue may be gone from the store.
    const known = source.uuid === null ? null : await find(source.uuid);
    const manifest = await blaming(blamed, async () => this.#read(source));
    const existing = source.uuid === null ? await find(manifest.uuid) : known;
    const request = { source, datacenter, dryRun: input.dryRun === true, mayWait: input.includeOrigins === true, key: this.#keyOf(input) };
    const originsOf = async (): Promise<NewOrigin[]> => blaming(blamed, async () => this.#origins(manifest, request, { access: input.access ?? existing?.access, ownerId }));
    if (existing !== null) return this.#importFile(existing, manifest, request, originsOf);
    const image = await blaming(blamed, async () => newImage(input, manifest, ownerId));
    await requireAdmissible(this.services.em.fork(), image, datacenter);
    const withFile = await this.#openGate(manifest, source);
    const origins = await originsOf();
    await requireRoomFor(this.services.em.fork(), datacenter, origins.length + 1);
    const fileWarnings = withFile && request.dryRun ? await this.#fileWarnings(manifest, source) : [];
    return this.#importNew(image, { ...request, withFile, origins, fileWarnings, upstream: upstreamWarnings(manifest) });
  }

  /** The manifest of an import. Refuses one that was placed by hand without its file. */
  async #read(source: ImportSource): Promise<Importable> {
    const { em, store } = this.services;
    const manifest = await readSource(this.services, source);
    if (source.isLocal) await requireStoredFile(store, await placedFileOf(em, store, manifest.uuid), manifest.file, source.mismatchedAt ?? null);
    return manifest;
  }

  /** The origins to import first. Without `includeOrigins` there are none: MISSING_ORIGIN unless the base is there. */
  async #origins(manifest: ImgManifest, { mayWait, source }: ImportRequest, { access, ownerId }: { access: ImageAccess | undefined; ownerId: number }): Promise<NewOrigin[]> {
    const { em, findOrigin } = this.services;
    if (!mayWait) {
      await requireOrigin(em.fork(), manifest, { findOrigin, repositoryId: source.repositoryId });
      return [];
    }
    const origins = await readOrigins(this.services, manifest, source);
    return origins.map((one) => ({ ...one, image: newImage({ access, name: nameOfOrigin(one.manifest) }, one.manifest, ownerId) }));
  }

  async #checkFields(input: ImportFields): Promise<number> {
    const faults: FieldError[] = imageFieldFaults(input);
    const owner = await requireActiveUser(this.services.em, input.owner, this.services.viewer, faults);
    if (faults.length > 0) throw badInput(faults);
    return owner;
  }

  /** Whether there is an image server. Refuses a file for which its store has no room. */
  async #openGate({ file }: Importable, source: ImportSource): Promise<boolean> {
    return (await this.services.gate.open({ bytesNeeded: source.isLocal ? 0 : file.size })) !== null;
  }

  async #importFile(existing: ImageType, manifest: Importable, request: ImportRequest, originsOf: () => Promise<NewOrigin[]>): Promise<ImageTaskPayloadType> {
    const { source, datacenter, dryRun, mayWait } = request;
    const { file } = manifest;
    await this.#openGate(manifest, source);
    const origins = await originsOf();
    await requireRoomFor(this.services.em.fork(), datacenter, origins.length);
    const { uuid, name } = existing;
    const admittedTo = datacenter && { id: datacenter.id, name: datacenter.name };
    const warnings = [...(dryRun ? [downloadWarning(file, source), ...(await this.#fileWarnings(manifest, source))] : []), ...upstreamWarnings(manifest)];
    return this.#run({ name, ...request }, warnings.concat(`Image ${name} is in the catalogue without a file: it keeps its fields and gets its file.`), async (tx, announce) => {
      const { starter } = this.services.viewer;
      const first = await recordOrigins(tx, origins, { child: existing, datacenter, withFile: true, dryRun, starter, mayWait }, announce);
      return { ...(await recordFileImport(tx, { uuid, file, source, starter, admittedTo, mayWait }, announce)), earlierTaskIds: first.taskIds, warnings: first.warnings };
    });
  }

  /** What a dry run tells of the file by its first and last bytes. UNSUPPORTED_FORMAT where the import would fail with it. */
  async #fileWarnings({ uuid, type, file }: Importable, { fileUrl, isLocal, repositoryId }: ImportSource): Promise<string[]> {
    const { em, store, fetch, accessTo } = this.services;
    const declared = { compression: file.compression, type };
    if (isLocal) {
      const key = await placedFileOf(em, store, uuid);
      const kind = await detectFileKind(`The file of ${uuid}`, file.size, async (start, length) => store.readFile(key, { start, end: start + length - 1 }));
      return fileKindWarnings(kind, declared);
    }
    try {
      const request = { ...(await accessTo(em, repositoryId)), signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) };
      const notes = new Set<string>();
      const read = async (start: number, length: number): Promise<Readable> => {
        const { bytes, note } = await fetchFilePart(fetch, fileUrl, { start, length }, request);
        if (note !== null) notes.add(note);
        return Readable.from([bytes]);
      };
      const kind = await detectFileKind(`The file at ${redactUrl(fileUrl)}`, file.size, read);
      return [...fileKindWarnings(kind, declared), ...notes];
    } catch (error) {
      if (!(error instanceof FetchFailure) && !isTimeout(error)) throw error;
      return [`Its file cannot be read now: ${error instanceof FetchFailure ? error.message : `${redactUrl(fileUrl)} sends no bytes within ${LOOK_TIMEOUT_MS / 1000} s.`}`];
    }
  }

  async #importNew(image: NewImage, request: ImportRequest & { withFile: boolean; origins: NewOrigin[]; fileWarnings: readonly string[]; upstream: readonly string[] }): Promise<ImageTaskPayloadType> {
    const { datacenter, source, withFile, dryRun, mayWait, origins, fileWarnings, upstream } = request;
    const binding = datacenter === null ? 'bound and attached nowhere' : `bound to datacenter ${datacenter.name}`;
    const created = `Image ${image.name} (${image.osType}, ${image.sizeMib} MiB) will be created, ${binding}.`;
    const warnings = [...(dryRun ? [created, ...(withFile ? [downloadWarning(image.file, source), ...fileWarnings] : [])] : []), ...upstream];
    try {
      const allWarnings = [...warnings, ...manifestCorrections(image), ...(withFile ? [] : [NO_IMAGE_SERVER])];
      return await this.#run({ name: image.name, ...request }, allWarnings, async (tx, announce) => {
        const { viewer } = this.services;
        const record = { datacenter, withFile, dryRun, starter: viewer.starter, mayWait };
        const first = await recordOrigins(tx, origins, { ...record, child: image }, announce);
        const outcome = await recordImport(tx, { ...record, image, source }, announce);
        return { ...outcome, earlierTaskIds: first.taskIds, warnings: [...first.warnings, ...(await childWarnings(tx, viewer, image))] };
      });
    } catch (error) {
      // A concurrent import committed after the check; the unique indexes refuse this one.
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      await blaming(blamedInput(source), async () => findWithoutFile(this.services, image.uuid, source, image.name));
      throw alreadyExists(`The name ${image.name}, or the alias ${image.alias} with version ${image.version}, is taken.`, { name: image.name, alias: image.alias, version: image.version });
    }
  }

  async #run({ name, dryRun, key }: { name: string; dryRun: boolean; key: KeyedRequest | null }, warnings: string[], work: Command<ImportOutcome, ImageTaskPayloadType>['work']): Promise<ImageTaskPayloadType> {
    return runCommand(this.services, dryRun, {
      work: async (tx, announce) => {
        if (key !== null) await demandUnusedKey(tx, key);
        const outcome = await work(tx, announce);
        if (key !== null && !dryRun) await recordKey(tx, key, outcome.taskId);
        return outcome;
      },
      read: async (reading, { taskId, warnings: found }) => ({ image: await reading.images.require(name), task: await reading.tasks.require(taskId), warnings: [...warnings, ...found] }),
    });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function downloadWarning({ size }: ManifestFile, { fileUrl, isLocal }: ImportSource): string {
  return isLocal ? `Its file of ${size} bytes will be verified where it lies in the image store.` : `Its file of ${size} bytes will be downloaded from ${redactUrl(fileUrl)}.`;
}

/** The input that names the manifest: the field to blame for what is wrong with it. */
function blamedInput({ manifestUrl, repositoryId, uuid }: ImportSource): BlamedFields {
  return repositoryId === null ? { manifestUrl: redactUrl(manifestUrl) } : { uuid };
}

import { UniqueConstraintViolationException } from '@mikro-orm/core';
import type { DatacenterRef } from '../../access/viewer.js';
import type { DatacenterQueries } from '../../datacenters/datacenter.queries.js';
import type { DatacenterType } from '../../datacenters/datacenter.type.js';
import { readImageServer } from '../../datacenters/settings/image-server-state.js';
import type { SqlEntityManager } from '../../platform/database/database.js';
import { alreadyExists } from '../../platform/errors.js';
import type { ObjectSelection } from '../../platform/graphql/selection.js';
import { type SqlText, sqlText } from '../../platform/database/sql-text.js';
import { writeRows } from '../../platform/database/write-rows.js';
import { recordDone } from '../../tasks/runner/record-task.js';
import type { Announce } from '../../tasks/changes/transact.js';
import { ActionRules } from '../rules/action-rules.js';
import { payloadSelection, type CommandServices, runCommand, type CommandOutcome, readPayload, type SelectedPayload } from './run-command.js';
import { bindingRemovedWarning } from '../rules/dry-run-warnings.js';
import { announceImage, type LockedImage, lockImage, actionTargetOf, stateOf } from '../events/image-changes.js';
import type { AttachImageInput } from './image-mutation.inputs.js';
import type { AttachImagePayloadType } from './image-payload.type.js';
import { laterUpdatedAt } from '../../platform/updated-at.js';
import { NO_IMAGE_SERVER } from '../rules/image-server-gate.js';

interface AttachmentServices extends CommandServices {
  datacenters: DatacenterQueries;
}

type Direction = 'ATTACH' | 'DETACH';

interface AttachmentOutcome extends CommandOutcome {
  work: null;
  image: LockedImage;
  isBindingRemoved: boolean;
  /** Of a dry run only. */
  dryRunWarnings: string[];
}

interface AttachmentChange {
  name: string;
  datacenter: DatacenterRef;
  direction: Direction;
  dryRun: boolean;
}

const EFFECT: Record<Direction, string> = {
  ATTACH: 'will become usable in datacenter',
  DETACH: 'will no longer be usable in datacenter',
};

/** Attaches images to datacenters and detaches them; both remove the binding. For SuperAdmins. */
export class AttachmentService {
  constructor(private readonly services: AttachmentServices) {}

  /** Reads only the `selection` of the payload. */
  async attach(input: AttachImageInput, selection: ObjectSelection): Promise<SelectedPayload<AttachImagePayloadType>> {
    try {
      return await this.#change(input, 'ATTACH', selection);
    } catch (error) {
      if (!(error instanceof UniqueConstraintViolationException)) throw error;
      throw alreadyExists(`Image ${input.image} is attached to datacenter ${input.datacenter} already.`, { datacenter: input.datacenter });
    }
  }

  async detach(input: AttachImageInput, selection: ObjectSelection): Promise<SelectedPayload<AttachImagePayloadType>> {
    return this.#change(input, 'DETACH', selection);
  }

  async #change(input: AttachImageInput, direction: Direction, selection: ObjectSelection): Promise<SelectedPayload<AttachImagePayloadType>> {
    this.services.viewer.demand(direction === 'ATTACH' ? 'image.attach' : 'image.detach');
    const datacenter = await this.#datacenterOf(input);
    const dryRun = input.dryRun === true;
    const selected = payloadSelection(selection, dryRun);
    const warnings = selected.warnings && (await readImageServer(this.services.em)) === null ? [NO_IMAGE_SERVER] : [];
    const change = { name: input.image, datacenter, direction, dryRun };
    return runCommand(this.services, dryRun, {
      work: async (tx, announce) => this.#record(tx, change, announce),
      read: async (reading, { image, taskId, isBindingRemoved, dryRunWarnings }) => ({
        ...(await readPayload(selected, reading, image, taskId)),
        datacenter,
        bindingRemoved: isBindingRemoved,
        warnings: [...dryRunWarnings, ...warnings],
      }),
    });
  }

  /** The datacenter by its name. When the image is wrong as well, its error comes first; the transaction finds an image that alone is wrong. */
  async #datacenterOf({ image, datacenter }: AttachImageInput): Promise<DatacenterType> {
    const { datacenters, images } = this.services;
    try {
      return await datacenters.require(datacenter);
    } catch (error) {
      await images.require(image, 'image');
      throw error;
    }
  }

  async #record(tx: SqlEntityManager, change: AttachmentChange, announce: Announce): Promise<AttachmentOutcome> {
    const { name, datacenter, direction } = change;
    const image = await lockImage(tx, this.services.viewer, name);
    const target = await actionTargetOf(tx, image);
    await new ActionRules(tx, this.services.viewer).demand(direction, target, datacenter);
    const { bound } = target;
    const dryRunWarnings = change.dryRun ? await warningsOf(tx, change, bound) : [];
    if (bound !== null) await writeRows(tx, sqlText`update image_attachment set bound_image_id = null where image_id = ${image.id}`);
    await writeRows(tx, sqlText`update image set ${laterUpdatedAt()} where id = ${image.id}`);
    await writeRows(tx, direction === 'ATTACH' ? attachment(image.id, datacenter.id) : detachment(image.id, datacenter.id));
    const detail = { datacenter: datacenter.name, bindingRemoved: bound !== null, ...(bound && { boundDatacenter: { before: bound.name, after: null } }) };
    const action = direction === 'ATTACH' ? ('IMAGE_ATTACH' as const) : ('IMAGE_DETACH' as const);
    const facts = { action, userId: this.services.viewer.userId, datacenterId: datacenter.id, imageId: image.id, imageName: name, detail };
    const taskId = await recordDone(tx, facts, announce);
    const before = stateOf(target);
    const others = before.datacenterIds.filter((id) => id !== datacenter.id);
    announceImage('UPDATED', image, { before, datacenterIds: direction === 'ATTACH' ? [...others, datacenter.id] : others, boundDatacenterId: null }, announce);
    return { image, taskId, work: null, isBindingRemoved: bound !== null, dryRunWarnings };
  }
}

/** Writes the denormalized columns as well: left out, a trigger would update the row and its indexes once more. */
function attachment(imageId: number, datacenterId: number): SqlText {
  return sqlText`insert into image_attachment (image_id, datacenter_id, name, alias, size_mib, image_created_at, access, version, os_type, status, owner_name, image_updated_at)
    select i.id, cast(${datacenterId} as integer), i.name, i.alias, i.size_mib, i.created_at, i.access, i.version, i.os_type, i.status, i.owner_name, i.updated_at
    from image i where i.id = ${imageId}`;
}

function detachment(imageId: number, datacenterId: number): SqlText {
  return sqlText`delete from image_attachment where image_id = ${imageId} and datacenter_id = ${datacenterId}`;
}

/** The warnings of a dry run. */
async function warningsOf(tx: SqlEntityManager, { name, datacenter, direction }: AttachmentChange, bound: DatacenterRef | null): Promise<string[]> {
  return [`Image ${name} ${EFFECT[direction]} ${datacenter.name}.`, ...(bound === null ? [] : [await bindingRemovedWarning(tx, bound)])];
}

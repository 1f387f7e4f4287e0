import type { Argv } from 'yargs';
import type { GlobalOptions } from '../command.js';
import { DRY_RUN } from '../options.js';
import type { Output } from '../output/output.js';

/** What a command that attaches or detaches an image is given. */
export interface Attachment {
  /** Of the image. */
  name: string;
  /** Its name. */
  datacenter: string;
  dryRun: boolean;
}

/** The payload of both mutations. */
export interface AttachmentPayload {
  bindingRemoved: boolean;
  warnings: string[];
}

/** What both mutations are asked for. */
export const ATTACHMENT_FIELDS = '{ image { name } datacenter { name } bindingRemoved warnings }';

export function withAttachment(parser: Argv<GlobalOptions>) {
  return parser
    .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
    .positional('datacenter', { type: 'string', demandOption: true, describe: 'Name of the datacenter' })
    .option('dry-run', DRY_RUN);
}

/** The same as input of the mutations. */
export function attachmentInput({ name, datacenter, dryRun }: Attachment) {
  return { input: { image: name, datacenter, dryRun } };
}

/** Prints the warnings, and what was done: `attached to`. A null payload: it was so before, which `unchanged` says. */
export function printAttachment(output: Output, { name, datacenter, dryRun }: Attachment, payload: AttachmentPayload | null, { done, unchanged }: { done: string; unchanged: string }): void {
  if (payload === null) return output.done(`Image ${name} is ${unchanged}.`, { image: { name }, datacenter: { name: datacenter } });
  for (const warning of payload.warnings) output.note(warning);
  output.done(dryRun ? `Nothing was changed. Image ${name} can be ${done} ${datacenter}.` : `Image ${name} is ${done} ${datacenter}.`, payload);
}

import { FieldResolver, Resolver, Root } from 'type-graphql';
import { withinTime } from '../../platform/scheduling/within-time.js';
import type { FileStore } from '../../platform/store/file-store.js';
import { ImageFileType } from '../image.type.js';

/** A network mount may hang for ever; reads of the graph do not wait for it. */
const LONGEST_LOOK_MS = 2000;

/** What only the store knows of a file. */
@Resolver(() => ImageFileType)
export class ImageFileResolver {
  constructor(private readonly store: Pick<FileStore, 'statFile'>) {}

  @FieldResolver(() => Boolean, {
    description:
      'Whether the image store has it now, with this size. False: its bytes are gone or cannot be reached, so that compute nodes cannot fetch it. `verifyImage` compares the bytes themselves.',
  })
  async available(@Root() { uuid, attempt, size }: ImageFileType): Promise<boolean> {
    try {
      return (await withinTime(LONGEST_LOOK_MS, this.store.statFile({ uuid, attempt })))?.size === size;
    } catch {
      return false;
    }
  }
}

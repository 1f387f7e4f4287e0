import { FieldResolver, Resolver, Root } from 'type-graphql';
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
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), LONGEST_LOOK_MS);
    });
    try {
      return (await Promise.race([this.store.statFile({ uuid, attempt }), late]))?.size === size;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

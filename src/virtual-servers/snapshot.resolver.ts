import { Arg, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { RegisterSnapshotInput, SnapshotKeyInput } from './snapshot.inputs.js';
import { SnapshotType } from './snapshot.type.js';
import { VirtualServerType } from './virtual-server.type.js';

/** Snapshots as the compute side reports them, as a SuperAdmin. */
@Resolver(() => SnapshotType)
export class SnapshotResolver {
  @Mutation(() => SnapshotType, {
    description:
      'Makes a snapshot known, so that an image can be created from it. SuperAdmin only. Errors: NOT_FOUND for an unknown server, ALREADY_EXISTS when the disk has a snapshot of that name, BAD_USER_INPUT for a broken value.',
  })
  async registerSnapshot(
    @Arg('input', () => RegisterSnapshotInput, { description: 'The snapshot.' }) _input: RegisterSnapshotInput,
  ): Promise<SnapshotType> {
    throw notImplemented('registerSnapshot');
  }

  @Mutation(() => Boolean, {
    description:
      'Forgets a snapshot and answers true; images created from it stay. SuperAdmin only. Errors: NOT_FOUND when there is no such snapshot.',
  })
  async unregisterSnapshot(
    @Arg('input', () => SnapshotKeyInput, { description: 'Which snapshot.' }) _input: SnapshotKeyInput,
  ): Promise<boolean> {
    throw notImplemented('unregisterSnapshot');
  }

  @FieldResolver(() => VirtualServerType, { description: 'The server whose disk it was taken of.' })
  async server(@Root() snapshot: SnapshotType): Promise<VirtualServerType> {
    if (snapshot.loadedServer) {
      return snapshot.loadedServer;
    }
    throw notImplemented('Snapshot.server');
  }
}

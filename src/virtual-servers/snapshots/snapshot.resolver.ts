import { Arg, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { RegisterSnapshotInput, SnapshotKeyInput } from './snapshot.inputs.js';
import { notFound } from '../../platform/errors.js';
import { ServerQueries } from '../server.queries.js';
import { SnapshotService } from './snapshot.service.js';
import { SnapshotType } from './snapshot.type.js';
import { VirtualServerType } from '../virtual-server.type.js';

/** Takes reports of the compute side about snapshots; for SuperAdmins. */
@Resolver(() => SnapshotType)
export class SnapshotResolver {
  constructor(
    private readonly service: SnapshotService,
    private readonly servers: ServerQueries,
  ) {}

  @Mutation(() => SnapshotType, {
    description:
      'Makes a snapshot known, so that an image can be created from it. SuperAdmin only. Errors: NOT_FOUND for an unknown server, ALREADY_EXISTS when the disk has a snapshot of that name, BAD_USER_INPUT for a broken value.',
  })
  async registerSnapshot(
    @Arg('input', () => RegisterSnapshotInput, { description: 'The snapshot.' }) input: RegisterSnapshotInput,
  ): Promise<SnapshotType> {
    return this.service.register(input);
  }

  @Mutation(() => Boolean, {
    description:
      'Forgets a snapshot and answers true; images created from it stay. SuperAdmin only. Errors: NOT_FOUND when there is no such server or snapshot, SNAPSHOT_NOT_READY while an image is being created from it.',
  })
  async unregisterSnapshot(
    @Arg('input', () => SnapshotKeyInput, { description: 'Which snapshot.' }) input: SnapshotKeyInput,
  ): Promise<boolean> {
    return this.service.unregister(input);
  }

  @FieldResolver(() => VirtualServerType, { description: 'The server whose disk it was taken of.' })
  async server(@Root() snapshot: SnapshotType): Promise<VirtualServerType> {
    const server = await this.servers.byId.load(snapshot.serverId);
    if (server === null) throw notFound('server of the snapshot', snapshot.name);
    return server;
  }
}

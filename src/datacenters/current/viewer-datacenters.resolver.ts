import { Arg, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { type Permission, PermissionEnum } from '../../access/permission.js';
import { Viewer } from '../../access/viewer.js';
import { shownViewer, ViewerType } from '../../access/viewer.type.js';
import { CurrentDatacenter } from './current-datacenter.js';
import { DatacenterQueries } from '../datacenter.queries.js';
import { DatacenterType } from '../datacenter.type.js';

/** The datacenters that the caller can see, the one it works in, and the permissions it holds there. */
@Resolver(() => ViewerType)
export class ViewerDatacentersResolver {
  constructor(
    private readonly self: Viewer,
    private readonly queries: DatacenterQueries,
    private readonly currently: CurrentDatacenter,
  ) {}

  @Mutation(() => ViewerType, {
    description:
      'Makes a datacenter your current one: lists look there unless told otherwise. It is kept until you switch again. Errors: NOT_FOUND when there is none of that name that you can see.',
  })
  async switchDatacenter(
    @Arg('name', () => String, { description: 'Name of the datacenter to work in.' }) name: string,
  ): Promise<ViewerType> {
    await this.currently.choose(name);
    return shownViewer(this.self);
  }

  @FieldResolver(() => DatacenterType, {
    description:
      'Where you work: the one last chosen by `switchDatacenter`; `main` at first, and when you can no longer see the chosen one.',
  })
  async currentDatacenter(@Root() _viewer: ViewerType): Promise<DatacenterType> {
    return this.currently.get();
  }

  @FieldResolver(() => [DatacenterType], { description: 'All datacenters that you can see, by name.' })
  async datacenters(@Root() _viewer: ViewerType): Promise<DatacenterType[]> {
    return this.queries.all();
  }

  @FieldResolver(() => [PermissionEnum], {
    nullable: true,
    description:
      'What you hold in one datacenter, by owning it or through groups; a SuperAdmin holds all. Null with a NOT_FOUND error when you cannot see the datacenter.',
  })
  async permissions(
    @Root() _viewer: ViewerType,
    @Arg('datacenter', () => String, {
      nullable: true,
      description: 'Name of the datacenter; your current one when left out or null.',
    })
    name?: string | null,
  ): Promise<Permission[]> {
    const datacenter = await this.queries.require(name);
    return this.self.permissionsIn(datacenter.id);
  }
}

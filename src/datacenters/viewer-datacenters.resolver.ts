import type { GraphQLResolveInfo } from 'graphql';
import { Arg, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import { ViewerType } from '../access/viewer.type.js';
import { notImplemented } from '../platform/errors.js';
import { DatacenterType } from './datacenter.type.js';

/** Where the caller works and may work. */
@Resolver(() => ViewerType)
export class ViewerDatacentersResolver {
  @Mutation(() => ViewerType, {
    description:
      'Makes a datacenter your current one: lists look there unless told otherwise. It is kept until you switch again. Errors: NOT_FOUND when there is none of that name that you can see.',
  })
  async switchDatacenter(
    @Arg('name', () => String, { description: 'Name of the datacenter to work in.' }) _name: string,
  ): Promise<ViewerType> {
    throw notImplemented('switchDatacenter');
  }

  @FieldResolver(() => DatacenterType, {
    description:
      'Where you work: the one last chosen by `switchDatacenter`; `main` at first, and when you can no longer see the chosen one.',
  })
  async currentDatacenter(@Root() viewer: ViewerType): Promise<DatacenterType> {
    if (viewer.loadedCurrentDatacenter) {
      return viewer.loadedCurrentDatacenter;
    }
    throw notImplemented('Viewer.currentDatacenter');
  }

  @FieldResolver(() => [DatacenterType], { description: 'All datacenters that you can see, by name.' })
  async datacenters(@Root() _viewer: ViewerType, @Info() _info: GraphQLResolveInfo): Promise<DatacenterType[]> {
    throw notImplemented('Viewer.datacenters');
  }
}

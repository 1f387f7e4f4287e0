import { Arg, FieldResolver, Resolver, Root } from 'type-graphql';
import { type ActionInDatacenter, DatacenterActionEnum } from '../../datacenters/datacenter.enums.js';
import { DatacenterActionVerdictType, DatacenterType } from '../../datacenters/datacenter.type.js';
import { DatacenterVerdicts } from './datacenter-verdicts.js';

/** `Datacenter.actions`, for everybody who sees the datacenter. It is in this feature, as most of the actions are about images. */
@Resolver(() => DatacenterType)
export class DatacenterActionsResolver {
  constructor(private readonly verdicts: DatacenterVerdicts) {}

  @FieldResolver(() => [DatacenterActionVerdictType], {
    description:
      'For every action, whether you may do it in this datacenter now, and if not why not: code and sentence are those that the operation would answer with, as far as they do not depend on further input.',
  })
  async actions(
    @Root() datacenter: DatacenterType,
    @Arg('only', () => [DatacenterActionEnum], { nullable: true, description: 'Only these actions; all when left out or null. Fewer cost less.' })
    only?: ActionInDatacenter[] | null,
  ): Promise<DatacenterActionVerdictType[]> {
    return this.verdicts.of(datacenter, only ?? null);
  }
}

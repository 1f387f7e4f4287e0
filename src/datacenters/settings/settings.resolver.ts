import { Arg, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { DatacenterSettingsService } from './datacenter-settings.service.js';
import { DatacenterType } from '../datacenter.type.js';
import { SettingsQueries } from './settings.queries.js';
import { UpdateDatacenterSettingsInput } from './settings.inputs.js';
import { DatacenterSettingsType, GlobalSettingsType } from './settings.type.js';

/** Reads and changes the settings of one datacenter, and reads the global ones. */
@Resolver(() => DatacenterType)
export class SettingsResolver {
  constructor(
    private readonly queries: SettingsQueries,
    private readonly service: DatacenterSettingsService,
  ) {}

  @Query(() => GlobalSettingsType, {
    nullable: true,
    description: 'The settings that hold everywhere. SuperAdmin only; else null with a FORBIDDEN error.',
  })
  async globalSettings(): Promise<GlobalSettingsType> {
    return this.queries.global();
  }

  @Mutation(() => DatacenterType, {
    description:
      'Changes settings of a datacenter. SuperAdmin only. Errors: NOT_FOUND for an unknown datacenter, BAD_USER_INPUT for a negative limit.',
  })
  async updateDatacenterSettings(
    @Arg('input', () => UpdateDatacenterSettingsInput, { description: 'Which datacenter, and what changes.' })
    input: UpdateDatacenterSettingsInput,
  ): Promise<DatacenterType> {
    return this.service.update(input);
  }

  @FieldResolver(() => DatacenterSettingsType, {
    nullable: true,
    description:
      'Its settings. Needs ADMIN in this datacenter, or a SuperAdmin; everybody else gets null with a FORBIDDEN error.',
  })
  async settings(@Root() datacenter: DatacenterType): Promise<DatacenterSettingsType | null> {
    return this.queries.ofDatacenter(datacenter);
  }
}

import { Arg, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { notImplemented } from '../platform/errors.js';
import { DatacenterType } from './datacenter.type.js';
import { UpdateDatacenterSettingsInput } from './settings.inputs.js';
import { DatacenterSettingsType, GlobalSettingsType } from './settings.type.js';

/** Settings of one datacenter, and reading those that hold everywhere. */
@Resolver(() => DatacenterType)
export class SettingsResolver {
  @Query(() => GlobalSettingsType, {
    description: 'The settings that hold everywhere. SuperAdmin only, else FORBIDDEN.',
  })
  async globalSettings(): Promise<GlobalSettingsType> {
    throw notImplemented('globalSettings');
  }

  @Mutation(() => DatacenterType, {
    description:
      'Changes settings of a datacenter. SuperAdmin only. Errors: NOT_FOUND for an unknown datacenter, BAD_USER_INPUT for a negative limit.',
  })
  async updateDatacenterSettings(
    @Arg('input', () => UpdateDatacenterSettingsInput, { description: 'Which datacenter, and what changes.' })
    _input: UpdateDatacenterSettingsInput,
  ): Promise<DatacenterType> {
    throw notImplemented('updateDatacenterSettings');
  }

  @FieldResolver(() => DatacenterSettingsType, {
    nullable: true,
    description:
      'Its settings. Needs ADMIN in this datacenter, or a SuperAdmin; everybody else gets null with a FORBIDDEN error.',
  })
  async settings(@Root() _datacenter: DatacenterType): Promise<DatacenterSettingsType | null> {
    throw notImplemented('Datacenter.settings');
  }
}

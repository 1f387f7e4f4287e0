import { WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { datacenterFieldsOf, withDatacenterFields } from './datacenter-fields.js';

const UPDATE = 'mutation CliUpdateDatacenter($input: UpdateDatacenterInput!) { updateDatacenter(input: $input) { name alias description access owner { username } groups { name } } }';

/** Changes a datacenter. */
export const updateDatacenter = defineCommand({
  usage: 'update <name>',
  summary: 'Change a datacenter. What is not given stays; a list replaces the present one.',
  options: withDatacenterFields,
  async run({ gateway, output }, { name, ...given }) {
    const changes = datacenterFieldsOf(given);
    if (Object.values(changes).every((value) => value === undefined)) throw new WrongCall('Nothing is to be changed. Give at least one of --alias, --description, --access, --owner and --group.');
    const { updateDatacenter: datacenter } = await (await gateway()).run<{ updateDatacenter: unknown }>(UPDATE, { input: { name, ...changes } });
    output.done(`Datacenter ${name} is changed.`, datacenter);
  },
});

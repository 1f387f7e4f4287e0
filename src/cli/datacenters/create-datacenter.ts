import { defineCommand } from '../command.js';
import { IF_MISSING } from '../options.js';
import { unlessRefused } from '../server/unless-refused.js';
import { datacenterFieldsOf, withDatacenterFields } from './datacenter-fields.js';

const CREATE = 'mutation CliCreateDatacenter($input: CreateDatacenterInput!) { createDatacenter(input: $input) { name alias description access owner { username } groups { name } } }';

/** Makes a datacenter. */
export const createDatacenter = defineCommand({
  usage: 'create <name>',
  summary: 'Make a datacenter.',
  examples: [['datacenters create staging --owner ann --access PRIVATE', 'One that ann owns']],
  options: (parser) => withDatacenterFields(parser).option('if-missing', IF_MISSING),
  async run({ gateway, output }, { name, ifMissing, ...given }) {
    const client = await gateway();
    const create = async () => client.run<{ createDatacenter: unknown }>(CREATE, { input: { name, ...datacenterFieldsOf(given) } });
    const answer = ifMissing ? await unlessRefused('ALREADY_EXISTS', create) : await create();
    if (answer === null) return output.done(`Datacenter ${name} is there already.`, { name });
    output.done(`Datacenter ${name} is made.`, answer.createDatacenter);
  },
});

import type { Argv } from 'yargs';
import type { GlobalOptions } from '../command.js';

/** The fields of an image that an import and an update give. */
export function withImageFields(parser: Argv<GlobalOptions>) {
  return parser
    .option('alias', { type: 'string', describe: 'Name for display' })
    .option('access', { type: 'string', choices: ['PUBLIC', 'PRIVATE', 'DELETED'], describe: 'Who can use it' })
    .option('owner', { type: 'string', describe: 'Username of its owner' })
    .option('description', { type: 'string', describe: 'Free text' })
    .option('tag', { type: 'string', array: true, describe: 'All its tags; may be repeated' })
    .option('deploy', { type: 'boolean', describe: 'Whether a new server shuts down once deployed from it' })
    .option('resize', { type: 'boolean', describe: 'Whether it can grow to fill a larger disk' })
    .option('image-version', { type: 'string', describe: 'Its version' });
}

interface Given {
  alias: string | undefined;
  access: string | undefined;
  owner: string | undefined;
  description: string | undefined;
  tag: string[] | undefined;
  deploy: boolean | undefined;
  resize: boolean | undefined;
  imageVersion: string | undefined;
}

/** The same as input of a mutation; what was not given is left out. */
export function imageFieldsOf({ alias, access, owner, description, tag, deploy, resize, imageVersion }: Given) {
  return { alias, access, owner, description, tags: tag, deploy, resize, version: imageVersion };
}

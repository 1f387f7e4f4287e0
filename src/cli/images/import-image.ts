import { Refused, WrongCall } from '../command-error.js';
import { defineCommand, type GlobalOptions, type Session } from '../command.js';
import type { Argv } from 'yargs';
import { DRY_RUN, IF_MISSING } from '../options.js';
import { type OfferedImage, readOffered } from '../repositories/offered-images.js';
import type { GatewayClient } from '../server/gateway-client.js';
import { WITHIN } from '../tasks/follow-task.js';
import { imageFieldsOf, withImageFields } from './image-fields.js';
import { type ChangedImage, finishImageTask, type ImageTask, readAgain, WAIT, type Waiting } from './image-task.js';
import { isHere, newestOffer } from './newest-offer.js';

const PAYLOAD = '{ image { uuid name version status } task { id status } warnings }';
const FROM_REPOSITORY = `mutation CliImportOffered($input: ImportRepositoryImageInput!) { imported: importRepositoryImage(input: $input) ${PAYLOAD} }`;
const FROM_URL = `mutation CliImportFromUrl($input: ImportImageInput!) { imported: importImage(input: $input) ${PAYLOAD} }`;
const WHERE = 'query CliCurrentDatacenter { viewer { currentDatacenter { name } } }';
const PRESENT = 'query CliPresentImage($name: String!) { image(name: $name) { uuid name version status } }';

const LONGEST_NAME = 32;

interface Imported {
  imported: ImageTask & { image: ChangedImage };
}

/** What the mutations of both sources take, and how the command goes on. */
interface Wanted {
  fields: Readonly<Record<string, unknown>>;
  waiting: Waiting;
  ifMissing: boolean;
}

/** Imports an image, from a repository or from the address of its manifest. */
export const importImage = defineCommand({
  usage: 'import <name>',
  summary: 'Import an image from a repository, or from the address of its manifest.',
  notes: `NAME is the name in the repository, and the name it gets; --as gives it another one, in which {version} stands for its version.
With --newest, versions that were imported before keep their names, so give each version its own: --as 'NAME-{version}'.
With --if-missing, it is no failure if the image is here already: exit code 0.`,
  examples: [
    ["images import debian-12 --repo community --newest --as 'debian-12-{version}' --if-missing --wait", 'Nightly, by cron'],
    ['images import debian-12 --repo community --uuid 2b683a82-… --dc main', 'One version, by its UUID'],
    ['images import mine --url https://images.example.com/images/2b683a82-…', 'From the address of its manifest'],
  ],
  options: withOptions,
  async run(session, { name, repo, newest, uuid, url, fileUrl, as, dc, dcBound, ifMissing, dryRun, wait, within, ...given }) {
    const sources = [newest, uuid, url].filter((one) => one !== undefined && one !== false);
    if (sources.length !== 1) throw new WrongCall('Give exactly one of --newest, --uuid and --url.');
    if (url === undefined && repo === undefined) throw new WrongCall('--newest and --uuid need --repo: the name of a repository, as "image-gateway repos ls" shows it.');
    const client = await session.gateway();
    const fields = { ...imageFieldsOf(given), dryRun, dcBound, datacenter: dcBound ? (dc ?? (await currentDatacenter(client))) : undefined };
    const wanted: Wanted = { fields, waiting: { wait, within, dryRun }, ifMissing };
    if (url !== undefined) return importFromUrl(session, client, { name: as ?? name, manifestUrl: url, fileUrl }, wanted);
    const repository = repo ?? '';
    const offer = uuid === undefined ? await newestOffer(client, repository, name) : await readOffered(client, repository, uuid);
    await importOffer(session, client, { offer, repository, name: nameFor(as ?? name, offer) }, wanted);
  },
});

function withOptions(parser: Argv<GlobalOptions>) {
  return withImageFields(parser)
    .positional('name', { type: 'string', demandOption: true, describe: 'Name of the image' })
    .option('repo', { type: 'string', conflicts: 'url', describe: 'Name of the repository' })
    .option('newest', { type: 'boolean', describe: 'The newest of that name' })
    .option('uuid', { type: 'string', describe: 'The one with this UUID' })
    .option('url', { type: 'string', describe: 'Address of its manifest' })
    .option('file-url', { type: 'string', implies: 'url', describe: 'Address of its file; that of the manifest with /file when left out' })
    .option('as', { type: 'string', describe: 'Name it gets; {version} stands for its version' })
    .option('dc', { type: 'string', alias: 'datacenter', describe: 'Datacenter to bind and attach it to; your current one when left out' })
    .option('dc-bound', { type: 'boolean', default: true, describe: '--no-dc-bound: bound and attached nowhere, for SuperAdmins' })
    .option('if-missing', IF_MISSING)
    .option('dry-run', DRY_RUN)
    .option('wait', WAIT)
    .option('within', WITHIN);
}

async function currentDatacenter(client: GatewayClient): Promise<string> {
  return (await client.run<{ viewer: { currentDatacenter: { name: string } } }>(WHERE)).viewer.currentDatacenter.name;
}

/** A name made of a pattern and a version, which may hold what no name may. */
function nameFor(pattern: string, { version }: OfferedImage): string {
  return pattern.includes('{version}') ? pattern.replaceAll('{version}', version.replace(/[^A-Za-z0-9._-]+/g, '-')).slice(0, LONGEST_NAME) : pattern;
}

async function importOffer(session: Session, client: GatewayClient, chosen: { offer: OfferedImage; repository: string; name: string }, wanted: Wanted): Promise<void> {
  const { offer, repository, name } = chosen;
  if (isHere(offer)) {
    const here = `Image ${offer.image?.name ?? name} (${offer.name} ${offer.version}) is here already.`;
    if (wanted.ifMissing) return session.output.done(here, { image: offer.image, task: null, warnings: [] });
    throw new Refused(`ALREADY_EXISTS: ${here} With --if-missing that is no failure.`, 'ALREADY_EXISTS');
  }
  const input = { ...wanted.fields, repository, uuid: offer.uuid, name };
  const { imported } = await client.run<Imported>(FROM_REPOSITORY, { input }).catch((error: unknown) => {
    if (!(error instanceof Refused) || error.code !== 'ALREADY_EXISTS') throw error;
    throw new Refused(`${error.message}\nGive this version a name of its own, such as --as '${name.slice(0, 200)}-{version}', or another --alias.`, error.code);
  });
  await finish(session, client, imported, wanted);
}

async function importFromUrl(session: Session, client: GatewayClient, source: { name: string; manifestUrl: string; fileUrl: string | undefined }, wanted: Wanted): Promise<void> {
  if (wanted.ifMissing) {
    const { image } = await client.run<{ image: { name: string } | null }>(PRESENT, { name: source.name });
    if (image !== null) return session.output.done(`Image ${source.name} is here already.`, { image, task: null, warnings: [] });
  }
  const { imported } = await client.run<Imported>(FROM_URL, { input: { ...wanted.fields, ...source } });
  await finish(session, client, imported, wanted);
}

async function finish(session: Session, client: GatewayClient, imported: Imported['imported'], { waiting }: Wanted): Promise<void> {
  const named = `Image ${imported.image.name} ${imported.image.version}`;
  await finishImageTask(session, client, imported, { waiting, changed: `${named} is imported.`, begun: `${named} is being imported.`, reread: async () => readAgain(client, imported.image) });
}

// Imports the newest image of a name, unless it is here already, from whichever repository has it, and waits with progress until it is there.
//
//   GATEWAY_TOKEN=… node examples/import-newest.ts debian-12 [datacenter, default main]
//
// The gateway is at GATEWAY_URL, by default http://127.0.0.1:4000. The token must belong to an importer of the datacenter.
// In a project of your own, import from 'image-gateway-client'.
import { connect, GatewayError, progress } from '../sdk/src/index.ts';

const [name, datacenter = 'main'] = process.argv.slice(2);
const { GATEWAY_URL: url = 'http://127.0.0.1:4000', GATEWAY_TOKEN: token } = process.env;
if (name === undefined || token === undefined) {
  console.error('Usage: GATEWAY_TOKEN=… node examples/import-newest.ts <name of the image> [datacenter]');
  process.exit(2);
}

const gateway = connect({ url, token });

async function newest(wanted: string) {
  const { imageRepositories } = await gateway.findInRepositories({ name: wanted });
  // Null comes only with an error, which the SDK throws.
  const offers = (imageRepositories ?? []).flatMap(({ name: repository, images }) => images.nodes.map((image) => ({ repository, ...image })));
  return offers.filter((offer) => offer.name === wanted).sort((one, other) => (other.publishedAt ?? '').localeCompare(one.publishedAt ?? ''))[0];
}

function percent({ bytesDone, bytesTotal }: { bytesDone: number | null; bytesTotal: number | null }): string {
  return bytesDone === null || !bytesTotal ? '' : ` ${Math.floor((100 * bytesDone) / bytesTotal)} %`;
}

async function importOffer({ repository, uuid }: { repository: string; uuid: string }): Promise<void> {
  const { importRepositoryImage } = await gateway.importRepositoryImage({ input: { repository, uuid, datacenter } });
  for (const warning of importRepositoryImage.warnings) console.log(`Note: ${warning}`);
  for await (const task of progress(gateway, importRepositoryImage.task.id)) {
    console.log(`${task.status} ${task.phase}${percent(task)}`);
    if (task.status === 'FAILED' || task.status === 'CANCELLED') throw new Error(`${task.errorCode}: ${task.error}`);
  }
}

try {
  const offer = await newest(name);
  if (offer === undefined) throw new Error(`No repository has an image named ${name}.`);
  console.log(`${name} ${offer.version} from ${offer.repository}`);
  if (offer.image === null) await importOffer(offer);
  else console.log(`It is here already, as ${offer.image.name}.`);
} catch (error) {
  // A refusal has a stable code for programs and a sentence for people.
  console.error(error instanceof GatewayError ? `${error.code}: ${error.message}` : String(error));
  process.exitCode = 1;
} finally {
  await gateway.close();
}

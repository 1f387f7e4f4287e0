import { tabStore } from './storage';
import { ask } from './who-am-i';

/** The names that the files of the tours use, which are those of the demo, and what stands for them in this gateway. */
type Sample = Readonly<Record<string, string>>;

interface Found {
  images: { nodes: { name: string }[] } | null;
  imageRepositories: { name: string; isLocal: boolean; images: { nodes: { uuid: string }[] } }[] | null;
  datacenters: { nodes: { name: string }[] };
}

const SAMPLE = 'tour-sample';
const DEMO = { repository: 'demo', uuids: ['0deb1a12-5eed-4000-8000-000000000010', '0deb1a12-5eed-4000-8000-000000000012'], images: ['debian-12', 'ubuntu-24.04', 'fedora-43'], other: 'alpha' };

const QUERY = `query ($datacenter: String!) {
  images(datacenter: $datacenter, first: 200, orderBy: { field: NAME }) { nodes { name } }
  imageRepositories { name isLocal images(first: 1, filter: { importable: true }, orderBy: { field: PUBLISHED_AT, direction: DESC }) { nodes { uuid } } }
  datacenters(first: 200) { nodes { name } }
}`;

/** Looks for images and a repository that the caller can see, so that the tour shows something outside the demo, too. */
export async function findSample(token: string, datacenter: string): Promise<void> {
  const answer = await ask<Partial<Found>>(token, QUERY, { datacenter });
  tabStore.setItem(SAMPLE, JSON.stringify({ main: datacenter, ...sampleOf(answer?.data ?? {}, datacenter) }));
}

/** Puts the sample that was found last into the variables of a step. */
export function withSample(variables: string): string {
  let sample: Sample = {};
  try {
    sample = JSON.parse(tabStore.getItem(SAMPLE) ?? '{}') as Sample;
  } catch {
    // The names of the demo stay.
  }
  return variables.replace(/"([\w.-]+)"(?!\s*:)/g, (text, name: string) => (Object.hasOwn(sample, name) ? JSON.stringify(sample[name]) : text));
}

function sampleOf({ images, imageRepositories, datacenters }: Partial<Found>, datacenter: string): Sample {
  const sample: Record<string, string> = {};
  const remote = imageRepositories?.filter(({ isLocal }) => !isLocal) ?? [];
  const isDemo = remote.length === 0 || remote.some(({ name }) => name === DEMO.repository);
  const names = images?.nodes.map(({ name }) => name) ?? [];
  // The tour of operators imports fedora-43 in the demo.
  for (const [at, name] of DEMO.images.slice(0, isDemo ? 2 : 3).entries()) {
    const other = names[at] ?? names[0];
    if (other !== undefined && !names.includes(name)) sample[name] = other;
  }
  const [first] = remote;
  if (!isDemo && first !== undefined) {
    sample[DEMO.repository] = first.name;
    const uuid = first.images.nodes[0]?.uuid;
    for (const each of DEMO.uuids) if (uuid !== undefined) sample[each] = uuid;
  }
  const others = datacenters?.nodes.map(({ name }) => name).filter((name) => name !== datacenter) ?? [];
  if (others[0] !== undefined && !others.includes(DEMO.other)) sample[DEMO.other] = others[0];
  return sample;
}

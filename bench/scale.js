import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildOrStop } from '../scripts/build.js';
import { begin, built, stop } from '../scripts/project.js';
import { imageName, SIZES } from './catalogue-rows.js';
import { quantile, SECRET, startGateway } from './gateway.js';

const usage = `node bench/scale.js SIZE=WHERE …: asks the same of catalogues of different sizes, made by bench/generate.js, and prints the median
time of each question and how many times the first catalogue's it is. WHERE is the folder of a SQLite file or a postgres:// URL:
  node bench/scale.js small=data/small medium=data/medium large=data/large
--reps 60   questions of each kind; the catalogues take turns, so that noise meets them all`;

const FIELDS = 'nodes { name alias version size status tags owner { username } datacenters { name } boundDatacenter { name } } pageInfo { endCursor }';
const page = (list) => `{ ${list} { ${FIELDS} } }`;

/** [what, who asks, query]; `images` is the size of the catalogue. */
function questions(images) {
  const references = Array.from({ length: 100 }, (_, at) => ({ __typename: 'Image', name: imageName(1 + Math.floor((at * images) / 100)) }));
  return [
    ['a  a page of a datacenter with all images', 'admin', page('images(datacenter: "main")')],
    ['a  the same, deep inside', 'admin', page(`images(datacenter: "main", after: "${Buffer.from(JSON.stringify(['rocky', 1])).toString('base64url')}")`)],
    ['a  a page of a datacenter with five', 'imageadmin', page('images(datacenter: "few")')],
    ['a  every image, by date', 'admin', page('images(showAll: true, orderBy: { field: CREATED_AT, direction: DESC })')],
    ['b  one image by name', 'admin', `{ image(name: "${imageName(images / 2)}") { name owner { username } datacenters { name } boundDatacenter { name } } }`],
    ['c  what a plain user may use', 'plain', page('usableImages(datacenter: "main")')],
    ['c  the same where five are', 'plain', page('usableImages(datacenter: "few")')],
    ['d  filtered, searched, sorted', 'admin', page('images(datacenter: "main", filter: { search: "Kernel", osType: [LINUX_VM], access: [PUBLIC] }, orderBy: { field: SIZE, direction: DESC })')],
    ['d  a search that finds one', 'admin', page(`images(datacenter: "main", filter: { search: "${imageName(images / 2).slice(3)}" })`)],
    ['d  a search that finds nothing', 'admin', page('images(datacenter: "main", filter: { search: "zebra crossing" })')],
    ['d  by a tag that a tenth has', 'admin', page('images(datacenter: "main", filter: { tags: ["role-3"] })')],
    ['e  a page of a repository', 'admin', '{ imageRepository(name: "offers") { images { nodes { name version importable notImportableReason image { name } } } } }'],
    ['e  a search in a repository', 'admin', '{ imageRepository(name: "offers") { images(filter: { search: "hardened" }) { nodes { name version importable image { name } } } } }'],
    ['f  100 references', 'admin', 'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Image { name status owner { username } } } }', { of: references }],
  ];
}

begin(usage);
const { values, positionals } = parseArgs({ allowPositionals: true, options: { reps: { type: 'string', default: '60' } } });
if (positionals.length === 0 || positionals.some((one) => !(one.split('=')[0] in SIZES))) stop(usage);
await buildOrStop();
const { mintToken } = await built('access/token.js');
const catalogues = [];
const folders = [];
for (const positional of positionals) {
  const [size, where] = positional.split(/=(.*)/);
  const folder = existsSync(where) ? where : await mkdtemp(join(tmpdir(), 'image-gateway-scale-'));
  if (folder !== where) folders.push(folder);
  const gateway = await startGateway(folder, folder === where ? {} : { DATABASE_URL: where });
  catalogues.push({ size, gateway, questions: questions(SIZES[size].images), times: new Map() });
}
const tokens = {};
for (const who of ['admin', 'plain', 'imageadmin']) tokens[who] = await mintToken(SECRET, who, { expiresIn: 36_000 });
const ask = async ({ gateway, questions: all, times }, at) => {
  const [what, who, query, variables] = all[at];
  const began = performance.now();
  await gateway.ask(query, tokens[who], variables);
  times.set(what, [...(times.get(what) ?? []), performance.now() - began]);
};
for (let at = 0; at < catalogues[0].questions.length; at += 1) {
  for (let rep = 0; rep < Number(values.reps) + 5; rep += 1) {
    for (const catalogue of catalogues) await ask(catalogue, at);
    // The first answers of a process are slow for reasons of their own.
    if (rep === 4) for (const { times } of catalogues) times.clear();
  }
  for (const catalogue of catalogues) catalogue.row = { ...catalogue.row, [catalogue.questions[at][0]]: quantile(catalogue.times.get(catalogue.questions[at][0]), 0.5) };
}
console.log(`ready after: ${catalogues.map(({ size, gateway }) => `${size} ${Math.round(gateway.startMs)} ms`).join(', ')}`);
console.table(Object.keys(catalogues[0].row).map((what) => {
  const base = catalogues[0].row[what];
  return Object.fromEntries([['median', what], ...catalogues.flatMap(({ size, row }) => [[`${size} ms`, row[what].toFixed(2)], [`${size} ×`, (row[what] / base).toFixed(2)]])]);
}));
for (const { gateway } of catalogues) await gateway.end();
for (const folder of folders) await rm(folder, { recursive: true });

import { createServer } from 'node:http';
import { attach, attachedFrom, conditions, cursor, db, detach, findDatacenter, findImage, MANAGER, offeredFrom, order, pattern, reason, trigrams, visibleDatacenter, visibleImage } from './statements.js';

// The limit: node:http, one or two prepared statements per answer, JSON.stringify. No GraphQL: the first word of the
// operation says which answer of fixed shape is wanted.
const selected = `i.id, i.uuid, i.name, i.alias, i.version, i.access, i.size_mib, i.os_type, i.status, i.created_at, u.username, d.name as bound`;
const owned = 'join user_account u on u.id = i.owner_id';
const bound = `left join image_attachment b on b.bound_image_id = i.id left join datacenter d on d.id = b.datacenter_id and ${visibleDatacenter}`;
const page = db.prepare(`select ${selected} from ${attachedFrom} ${owned} ${bound} where ${conditions.page} order by ${order.page} limit 51`);
const image = db.prepare(`select ${selected} from image i ${owned} ${bound} where i.name = ? and (${visibleImage})`);
const attached = db.prepare(`select a.image_id, d.name, d.alias from image_attachment a join datacenter d on d.id = a.datacenter_id
  where a.image_id in (select value from json_each(?)) and ${visibleDatacenter} order by d.name`);
const usable = db.prepare(`select i.id, i.uuid, i.name, i.alias, i.version, i.size_mib, i.os_type, i.resize, i.description
  from ${attachedFrom} where ${conditions.usable} order by ${order.page} limit 51`);
const found = db.prepare(`select i.id, i.name, i.alias, i.size_mib, i.created_at, u.username from image i
  join user_account u on u.id = i.owner_id left join image_attachment b on b.bound_image_id = i.id
  where ${conditions.found} order by ${order.found} limit 51`);
const tags = db.prepare('select image_id, tag from image_tag where image_id in (select value from json_each(?)) order by image_id, position');
const repository = db.prepare('select id, name from image_repository where name = ? and not retired');
const offered = db.prepare(`select o.id, o.uuid, o.name, o.version, o.os_type, o.size_mib, o.published_at, o.published_sort, ${reason} as reason,
  v.name as image_name, v.status as image_status from ${offeredFrom} left join image v on v.id = i.id and (${visibleImage.replaceAll('i.', 'v.')})
  where ${conditions.offered} order by o.published_sort desc, o.id desc limit 51`);
const entities = db.prepare(`select i.uuid, i.name, i.alias, i.version, u.username from image i join user_account u on u.id = i.owner_id
  where i.uuid in (select value from json_each(?)) and (${visibleImage})`);
const user = db.prepare('select username from user_account where id = ?');

function grouped(statement, rows, show) {
  const groups = new Map(rows.map((row) => [row.id, []]));
  for (const row of statement.all(JSON.stringify([...groups.keys()]))) groups.get(row.image_id).push(show(row));
  return groups;
}

function connection(rows, show, keyOf) {
  const kept = rows.slice(0, 50);
  const last = kept.at(-1);
  return { nodes: kept.map(show), pageInfo: { hasNextPage: rows.length > 50, endCursor: last ? cursor(...keyOf(last)) : null } };
}

const byName = (row) => [row.name, row.id, 'NAME'];
const instant = (ms) => (ms === null ? null : new Date(ms).toISOString());

function shownImages(rows) {
  const datacenters = grouped(attached, rows, ({ name, alias }) => ({ name, alias }));
  return (row) => ({
    uuid: row.uuid, name: row.name, alias: row.alias, version: row.version, access: row.access, size: row.size_mib, osType: row.os_type,
    status: row.status, createdAt: instant(row.created_at), owner: { username: row.username },
    boundDatacenter: row.bound === null ? null : { name: row.bound }, datacenters: datacenters.get(row.id),
  });
}

function move(change, variables) {
  const [subject, datacenter] = [findImage.get(variables.image), findDatacenter.get(variables.dc)];
  change(subject, datacenter);
  return { image: { name: subject.name }, datacenter: { name: datacenter.name } };
}

const datacenterId = (name) => findDatacenter.get(name).id;
const ANSWERS = {
  Page: ({ dc }) => {
    const rows = page.all(datacenterId(dc));
    return { images: connection(rows, shownImages(rows.slice(0, 50)), byName) };
  },
  One: ({ name }) => {
    const row = image.get(name);
    return { image: row === undefined ? null : shownImages([row])(row) };
  },
  Usable: ({ dc }) => ({
    usableImages: connection(usable.all(datacenterId(dc)), (row) => ({
      uuid: row.uuid, name: row.name, alias: row.alias, version: row.version, size: row.size_mib, osType: row.os_type, resize: row.resize === 1,
      description: row.description,
    }), byName),
  }),
  Found: ({ dc, text }) => {
    const rows = found.all(datacenterId(dc), trigrams(text), pattern(text));
    const tagsOf = grouped(tags, rows.slice(0, 50), (row) => row.tag);
    const show = (row) => ({ name: row.name, alias: row.alias, size: row.size_mib, createdAt: instant(row.created_at), owner: { username: row.username }, tags: tagsOf.get(row.id) });
    return { images: connection(rows, show, (row) => [row.created_at, row.id, '-CREATED_AT']) };
  },
  Browse: ({ name }) => {
    const { id } = repository.get(name);
    const show = (row) => ({
      uuid: row.uuid, name: row.name, version: row.version, osType: row.os_type, size: row.size_mib, publishedAt: instant(row.published_at),
      importable: row.reason === null, notImportableReason: row.reason,
      image: row.image_name === null ? null : { name: row.image_name, status: row.image_status },
    });
    return { imageRepository: { name, images: connection(offered.all(id), show, (row) => [row.published_sort, row.id, '-PUBLISHED_AT']) } };
  },
  Entities: ({ refs }) => {
    const rows = new Map(entities.all(JSON.stringify(refs.map((ref) => ref.uuid))).map((row) => [row.uuid, row]));
    const show = ({ uuid, name, alias, version, username }) => ({ uuid, name, alias, version, owner: { username } });
    return { _entities: refs.map((ref) => (rows.has(ref.uuid) ? show(rows.get(ref.uuid)) : null)) };
  },
  Move: (variables) => ({ attachImage: move(attach, variables), detachImage: move(detach, variables) }),
  '{': () => ({ viewer: { user: { username: user.get(MANAGER).username } } }),
};

function answer(text) {
  const { query, variables } = JSON.parse(text);
  return JSON.stringify({ data: ANSWERS[/^(?:\w+ )?(\w+|\{)/.exec(query)[1]](variables) });
}

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const body = answer(text);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

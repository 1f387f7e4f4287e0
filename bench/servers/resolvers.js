import { readFileSync } from 'node:fs';
import DataLoader from 'dataloader';
import { GraphQLScalarType } from 'graphql';
import { attach, attachedFrom, conditions, cursor, db, detach, findDatacenter, findImage, MANAGER, offeredFrom, order, pattern, reason, trigrams, visibleDatacenter, visibleImage } from './statements.js';

// The peers as their own documentation teaches: resolvers that read rows, and a DataLoader (or a loader of mercurius) per
// relation. One statement text serves a batch of any size, as the ids travel as one JSON parameter.
export const typeDefs = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8');

const columns = `i.id, i.uuid, i.name, i.alias, i.version, i.access, i.owner_id as ownerId, b.datacenter_id as boundId, i.size_mib as size,
  i.os_type as osType, i.status, i.resize, i.description, i.created_at as createdAt`;
const bound = 'left join image_attachment b on b.bound_image_id = i.id';
const listed = (tables, condition, by) => db.prepare(`select ${columns} from ${tables} ${bound} where ${condition} order by ${by} limit ?`);
const statements = {
  page: listed(attachedFrom, conditions.page, order.page),
  usable: listed(attachedFrom, conditions.usable, order.page),
  found: listed('image i', conditions.found, order.found),
  image: db.prepare(`select ${columns} from image i ${bound} where i.name = ? and (${visibleImage})`),
  byUuid: db.prepare(`select ${columns} from image i ${bound} where i.uuid in (select value from json_each(?)) and (${visibleImage})`),
  byId: db.prepare(`select ${columns} from image i ${bound} where i.id in (select value from json_each(?)) and (${visibleImage})`),
  users: db.prepare('select id, username from user_account where id in (select value from json_each(?))'),
  datacenters: db.prepare(`select d.id, d.name, d.alias from datacenter d where d.id in (select value from json_each(?)) and ${visibleDatacenter}`),
  attached: db.prepare(`select a.image_id as imageId, d.id, d.name, d.alias from image_attachment a join datacenter d on d.id = a.datacenter_id
    where a.image_id in (select value from json_each(?)) and ${visibleDatacenter} order by d.name`),
  tags: db.prepare('select image_id as imageId, tag from image_tag where image_id in (select value from json_each(?)) order by image_id, position'),
  repository: db.prepare('select id, name from image_repository where name = ? and not retired'),
  offered: db.prepare(`select o.id, i.id as imageId, o.uuid, o.name, o.version, o.os_type as osType, o.size_mib as size, o.published_at as publishedAt,
    o.published_sort as sort, ${reason} as reason from ${offeredFrom} where ${conditions.offered} order by o.published_sort desc, o.id desc limit ?`),
};

function connection(rows, first, keyOf) {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursor(...keyOf(last)) : null } };
}

const byName = (row) => [row.name, row.id, 'NAME'];
const datacenterId = (name) => findDatacenter.get(name).id;

function images(_source, { datacenter, first, filter, orderBy }) {
  const id = datacenterId(datacenter);
  if (!filter) return connection(statements.page.all(id, first + 1), first, byName);
  if (orderBy?.field !== 'CREATED_AT') throw new Error('This server knows the queries of the bench alone.');
  return connection(statements.found.all(id, trigrams(filter.search), pattern(filter.search), first + 1), first, (row) => [row.createdAt, row.id, '-CREATED_AT']);
}

function change(work) {
  return (_source, { input }) => {
    const [image, datacenter] = [findImage.get(input.image), findDatacenter.get(input.datacenter)];
    work(image, datacenter);
    return { image: statements.image.get(image.name), datacenter: { ...datacenter, alias: '' } };
  };
}

/** Rows of one statement by an id, in the order of the ids. */
function ordered(statement, ids, key = 'id') {
  const found = new Map(statement.all(JSON.stringify(ids)).map((row) => [row[key], row]));
  return ids.map((id) => found.get(id) ?? null);
}

function grouped(statement, ids) {
  const found = new Map(ids.map((id) => [id, []]));
  for (const row of statement.all(JSON.stringify(ids))) found.get(row.imageId).push(row);
  return ids.map((id) => found.get(id));
}

export const batches = {
  users: (ids) => ordered(statements.users, ids),
  datacenters: (ids) => ordered(statements.datacenters, ids),
  images: (ids) => ordered(statements.byId, ids),
  imagesByUuid: (uuids) => ordered(statements.byUuid, uuids, 'uuid'),
  attached: (ids) => grouped(statements.attached, ids),
  tags: (ids) => grouped(statements.tags, ids).map((rows) => rows.map((row) => row.tag)),
};

export function newLoaders() {
  return Object.fromEntries(Object.entries(batches).map(([name, batch]) => [name, new DataLoader(async (ids) => batch(ids))]));
}

export const roots = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (ms) => new Date(ms).toISOString() }),
  _Entity: { resolveType: () => 'Image' },
  Query: {
    viewer: () => ({ userId: MANAGER }),
    image: (_source, { name }) => statements.image.get(name),
    images,
    usableImages: (_source, { datacenter, first }) => connection(statements.usable.all(datacenterId(datacenter), first + 1), first, byName),
    imageRepository: (_source, { name }) => statements.repository.get(name),
    _entities: (_source, { representations }) => batches.imagesByUuid(representations.map((one) => one.uuid)),
  },
  Mutation: { attachImage: change(attach), detachImage: change(detach) },
  ImageRepository: {
    images: ({ id }, { first }) => connection(statements.offered.all(id, first + 1), first, (row) => [row.sort, row.id, '-PUBLISHED_AT']),
  },
  RepositoryImage: { importable: (row) => row.reason === null, notImportableReason: (row) => row.reason },
};

/** Relations through a DataLoader of the request. */
export const relations = {
  Viewer: { user: ({ userId }, _args, { loaders }) => loaders.users.load(userId) },
  Image: {
    owner: ({ ownerId }, _args, { loaders }) => loaders.users.load(ownerId),
    boundDatacenter: ({ boundId }, _args, { loaders }) => (boundId === null ? null : loaders.datacenters.load(boundId)),
    datacenters: ({ id }, _args, { loaders }) => loaders.attached.load(id),
    tags: ({ id }, _args, { loaders }) => loaders.tags.load(id),
  },
  RepositoryImage: { image: ({ imageId }, _args, { loaders }) => (imageId === null ? null : loaders.images.load(imageId)) },
};

// Gives root fields of the gateway other names in a supergraph, or leaves them out, where another subgraph has fields of the same names.
//
//   node examples/rename-root-fields.ts sdl node=imageNode nodes= < schema.subgraph.graphql > images.graphql
//   GATEWAY_URL=… PORT=4100 node examples/rename-root-fields.ts serve node=imageNode nodes=
//
// The first writes the schema for the composer: `node` is called `imageNode`, and `nodes` is left out. The second is a proxy on HOST
// (by default 127.0.0.1) and PORT, which the router asks in place of the gateway. It passes requests on by GET and POST, and answers in
// JSON and as server-sent events; it takes no WebSockets.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type DefinitionNode, type FieldDefinitionNode, type FieldNode, Kind, parse, print, type SelectionSetNode, visit } from 'graphql';

const ROOTS = new Set(['Query', 'Mutation', 'Subscription']);
const MAX_BYTES = 1_000_000;
const FORWARDED = ['accept', 'authorization', 'content-type', 'traceparent', 'tracestate', 'baggage', 'x-request-id'];
// Of the connection to the gateway, or of bytes that fetch has decoded already.
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-encoding']);

const { GATEWAY_URL = 'http://127.0.0.1:4000', HOST = '127.0.0.1', PORT = '4100' } = process.env;
const [command, ...pairs] = process.argv.slice(2);
const newNames = new Map(pairs.map((pair) => pair.split('=', 2) as [string, string?]));
const oldNames = new Map([...newNames].flatMap(([old, name]) => (name ? [[name, old]] : [])));

function stop(reason: string): never {
  console.error(reason);
  process.exit(2);
}

/** What Federation adds to each subgraph. Composers know it; Mesh Compose takes it for a second definition. */
function isOfFederation(one: DefinitionNode): boolean {
  if (one.kind === Kind.DIRECTIVE_DEFINITION || one.kind === Kind.OBJECT_TYPE_EXTENSION) return true;
  return 'name' in one && /^(_|federation__|link__)/.test(one.name?.value ?? '');
}

/** The schema of the subgraph with its root fields renamed. Fails on a name that no root field has. */
function renameInSchema(sdl: string): string {
  const unknown = new Set(newNames.keys());
  const renamed = (field: FieldDefinitionNode): FieldDefinitionNode[] => {
    unknown.delete(field.name.value);
    const name = newNames.get(field.name.value) ?? field.name.value;
    return newNames.get(field.name.value) === '' ? [] : [{ ...field, name: { kind: Kind.NAME, value: name } }];
  };
  const document = parse(sdl);
  const ours = { ...document, definitions: document.definitions.filter((one) => !isOfFederation(one)) };
  const changed = visit(ours, {
    ObjectTypeDefinition: (type) => (ROOTS.has(type.name.value) ? { ...type, fields: type.fields?.flatMap(renamed) } : undefined),
  });
  return unknown.size === 0 ? `${print(changed)}\n` : stop(`The schema has no root field ${[...unknown].join(', ')}.`);
}

/** The field under its old name, answered under the new one. */
function restoreField(field: FieldNode): FieldNode {
  const old = oldNames.get(field.name.value);
  return old === undefined ? field : { ...field, alias: field.alias ?? field.name, name: { kind: Kind.NAME, value: old } };
}

function restoreSelections(set: SelectionSetNode): SelectionSetNode {
  const selections = set.selections.map((one) => {
    if (one.kind === Kind.FIELD) return restoreField(one);
    return one.kind === Kind.INLINE_FRAGMENT ? { ...one, selectionSet: restoreSelections(one.selectionSet) } : one;
  });
  return { ...set, selections };
}

/** Gives the root fields of an operation their old names back. */
function restoreInOperation(query: string): string {
  const document = parse(query);
  const definitions = document.definitions.map((one) => {
    const isOfRoot = one.kind === Kind.OPERATION_DEFINITION || (one.kind === Kind.FRAGMENT_DEFINITION && ROOTS.has(one.typeCondition.name.value));
    return isOfRoot ? { ...one, selectionSet: restoreSelections(one.selectionSet) } : one;
  });
  return print({ ...document, definitions });
}

/** Leaves what is no operation as it is, so that the gateway says what is wrong with it. */
function restoreOrLeave(query: string): string {
  try {
    return restoreInOperation(query);
  } catch {
    return query;
  }
}

function restoreInBody(body: string): string {
  try {
    const request = JSON.parse(body) as { query: string };
    return JSON.stringify({ ...request, query: restoreInOperation(request.query) });
  } catch {
    return body;
  }
}

function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

/** Where a request goes; a query in the URL, which Hive Gateway sends to subscribe, with the old names. */
function restoreInUrl(url: string): URL {
  const target = new URL(GATEWAY_URL);
  target.pathname = '/graphql';
  for (const [name, value] of new URL(url, GATEWAY_URL).searchParams) target.searchParams.set(name, name === 'query' ? restoreOrLeave(value) : value);
  return target;
}

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isPost = request.method === 'POST';
  if (!isPost && request.method !== 'GET') return answerError(response, 405, 'BAD_REQUEST', 'This proxy takes GET and POST requests.');
  if (isPost && !(Number(request.headers['content-length'] ?? Number.NaN) <= MAX_BYTES)) return answerError(response, 413, 'BAD_REQUEST', `A request needs a Content-Length of at most ${MAX_BYTES} bytes.`);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const headers = FORWARDED.flatMap((name): [string, string][] => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]]));
  const body = isPost ? restoreInBody(await text(request)) : null;
  const answer = await fetch(restoreInUrl(request.url ?? '/'), { method: request.method, headers, body, signal: gone.signal });
  response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => !OF_THE_HOP.has(name))));
  response.flushHeaders();
  if (answer.body === null) response.end();
  else await pipeline(Readable.fromWeb(answer.body), response);
}

async function serve(): Promise<void> {
  const server = createServer((request, response) => {
    passOn(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else answerError(response, 502, 'BAD_GATEWAY', 'The gateway does not answer.');
    });
  });
  server.listen(Number(PORT), HOST);
  await once(server, 'listening');
  console.log(`Listening on http://${HOST}:${(server.address() as AddressInfo).port}/graphql`);
}

if (!pairs.every((pair) => /^\w+=\w*$/.test(pair))) stop('Give each name as old=new, or as old= to leave the field out.');
if (oldNames.size !== [...newNames.values()].filter(Boolean).length) stop('Two fields cannot have the same new name.');
if (command === 'sdl') process.stdout.write(renameInSchema(await text(process.stdin)));
else if (command === 'serve') await serve();
else stop('Usage: node examples/rename-root-fields.ts sdl|serve old=new …');

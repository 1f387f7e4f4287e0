import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface GraphiqlOptions {
  /** The absolute path of the built bundle, which holds index.html. */
  folder: string;
  /** Null: people sign in with a token or an API key only. */
  provider?: SignInProvider | null;
}

/** The OpenID provider through which people sign in to GraphiQL: authorization code with PKCE, as a public client. */
export interface SignInProvider {
  issuer: string;
  clientId: string;
  scope: string;
  resource: string | null;
}

interface BundledFile {
  type: string;
  cacheControl: string;
  content: Buffer;
  /** Compressed on the first request that accepts gzip. */
  compressed?: Promise<Buffer>;
}

const compress = promisify(gzip);

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ttf', 'font/ttf'],
  ['.woff2', 'font/woff2'],
]);

// Monaco writes <style> elements and inline styles, and style sheets embed fonts; everything else comes from this origin.
const policyWith = (connections: string): string => [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "worker-src 'self'",
  `connect-src ${connections}`,
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = 'GraphiQL is not built. Run "vite build --config graphiql/vite.config.ts" and start the gateway again; the API answers at /graphql meanwhile.\n';

/**
 * Serves the built GraphiQL at /graphiql/. Reads the folder once and answers only with the files in it, so that no path leads out
 * of it; any other path is a 404. Without index.html, every page is a 503 that says how to build it.
 */
export async function registerGraphiql(app: FastifyInstance, options: GraphiqlOptions): Promise<void> {
  const files = await readBundle(options.folder);
  const { provider = null } = options;
  // The page exchanges its code at the provider.
  const policy = policyWith(provider === null ? "'self'" : `'self' ${new URL(provider.issuer).origin}`);
  app.get('/graphiql/sign-in.json', (_request, reply) => withSecurityHeaders(reply).header('cache-control', 'no-cache').send({ provider }));
  // The redirect drops the query; the browser keeps the fragment, which may hold the sign-in token.
  app.get('/graphiql', (_request, reply) => withSecurityHeaders(reply).header('cache-control', 'no-cache').redirect('/graphiql/', 302));
  app.get<{ Params: { '*': string } }>('/graphiql/*', (request, reply) => {
    if (!files.has('index.html')) return sendText(reply, 503, NOT_BUILT);
    const path = request.params['*'];
    const file = files.get(path === '' ? 'index.html' : path);
    return file === undefined ? sendText(reply, 404, 'There is no such file here. GraphiQL is at /graphiql/.\n') : send(file, request, withSecurityHeaders(reply, policy));
  });
}

async function readBundle(folder: string): Promise<Map<string, BundledFile>> {
  const files = new Map<string, BundledFile>();
  for (const entry of await entriesOf(folder)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    files.set(name, {
      type: TYPES.get(extname(name)) ?? 'application/octet-stream',
      // File names below assets/ contain a hash of the content.
      cacheControl: name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      content: await readFile(path),
    });
  }
  return files;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function send(file: BundledFile, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  reply.header('cache-control', file.cacheControl).header('vary', 'accept-encoding').type(file.type);
  if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(file.content);
  file.compressed ??= compress(file.content);
  return reply.header('content-encoding', 'gzip').send(await file.compressed);
}

function sendText(reply: FastifyReply, status: number, text: string): FastifyReply {
  return withSecurityHeaders(reply).code(status).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(text);
}

function withSecurityHeaders(reply: FastifyReply, policy = policyWith("'self'")): FastifyReply {
  return reply
    .header('content-security-policy', policy)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');
}

import type { FetchResponse } from '../../platform/fetch/fetch.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';
import { factsOf, readHead, type AnswerFacts } from './answer-facts.js';
import { kindOf } from './answer-kinds.js';
import { serverMessage } from './server-message.js';

/** What is expected of a URL, which decides what advice helps. */
export type Expected = 'list' | 'manifest' | 'file';

/** Requests a URL of the same origin, without redirects. Null when that fails. */
export type Probe = (url: string) => Promise<FetchResponse | null>;

export interface Explained {
  /** Sentences that follow the fault, each with a full stop; empty when nothing is known. */
  text: string;
  /** What the server was recognized as; null when it may be an IMGAPI server. */
  what: string | null;
}

const PROBE_BYTES = 4096;

/**
 * Says what an answer is that is not what was expected: what the server says of its error, what kind of server it is, what is wrong
 * with the URL. `requested` is the URL that was asked for. Asks the server at most two further questions, through `probe`.
 */
export async function explainAnswer(facts: AnswerFacts, expected: Expected, { requested, probe }: { requested: string; probe?: Probe }): Promise<Explained> {
  const said = serverMessage(facts);
  const seen = said === null ? kindOf(facts)?.what ?? null : null;
  const mayProbe = probe !== undefined && said === null && facts.status < 500 && (seen === null || seen === 'an HTML page');
  const what = (mayProbe ? await probeKind(requested, probe) : null) ?? seen;
  const sentences = [said === null ? null : `The server says: ${said}.`, what === null ? null : `This is ${what}${notImgapi(what)}.`, adviceOnUrl(requested, expected, said ?? what)];
  return { text: sentences.filter((sentence) => sentence !== null).join(' '), what };
}

/** The same for a response whose body was not read; closes it. */
export async function explainResponse(response: FetchResponse, expected: Expected, options: { requested: string; probe?: Probe }): Promise<Explained> {
  return explainAnswer(factsOf(response, await readHead(response.body)), expected, options);
}

function notImgapi(what: string): string {
  return what.includes(';') ? '' : ', not an IMGAPI server';
}

/** Looks for a simplestreams index below the URL, and for the version endpoint of OCI registries and Glance at its host. */
async function probeKind(requested: string, probe: Probe): Promise<string | null> {
  for (const url of probesOf(requested)) {
    const response = await probe(url);
    if (response === null) continue;
    const what = kindOf(factsOf(response, await readHead(response.body, PROBE_BYTES)))?.what ?? null;
    if (what !== null && /simplestreams|registry|Glance/.test(what)) return what;
  }
  return null;
}

function probesOf(requested: string): string[] {
  const base = new URL(requested);
  const path = base.pathname.replace(/\/(streams\/v1|images)(\/.*)?$/, '').replace(/\/+$/, '');
  return [`${base.origin}${path}/streams/v1/index.json`, `${base.origin}/v2/`];
}

function adviceOnUrl(requested: string, expected: Expected, known: string | null): string | null {
  const url = new URL(requested);
  const path = url.pathname.replace(/\/+$/, '');
  if (expected === 'list') {
    // The gateway has added the last "/images".
    const base = path.replace(/\/images$/, '');
    const repository = base.replace(/\/images(\/[^/]*)?(\/file)?$/, '');
    if (repository === base) return null;
    url.pathname = repository;
    return `The gateway adds /images to the URL of a repository by itself; give the URL without it: ${redactUrl(url).replace(/\/$/, '')}.`;
  }
  if (expected === 'manifest' && path.endsWith('/images')) return 'A URL that ends in /images is that of a list; the manifest of one image is at /images/UUID.';
  if (expected === 'manifest' && path.endsWith('/file')) return 'A URL that ends in /file is that of the bytes; the manifest is at the URL without /file.';
  return known === null && expected === 'manifest' && !/\/images\//.test(path) ? 'An IMGAPI server has the manifest of an image at /images/UUID.' : null;
}

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@aws-sdk/client-s3';

/** The part of an answer that is looked at. */
interface Answer {
  statusCode: number;
  body: unknown;
}

/** Requests whose answer is a document. */
const ANSWERED_BY_XML: ReadonlySet<string> = new Set([
  'ListObjectsV2Command', 'ListMultipartUploadsCommand', 'ListPartsCommand', 'CreateMultipartUploadCommand', 'CompleteMultipartUploadCommand', 'UploadPartCopyCommand',
]);
/** The first element, with the prefix of its namespace. */
const ROOT = /^\uFEFF?\s*(?:<\?[^>]*\?>\s*)?(?:<!--[^>]*-->\s*)?<((?:[\w.-]+:)?)([\w.-]+)([^>]*?)(\/?)>/;

/**
 * Makes a client refuse what its parser would take for an empty or a shorter list: a document that ends early, a page of HTML, and an error
 * that is sent with status 200, as a storage does that has begun to answer before it has joined all parts. It also removes a prefix of
 * the namespace, which the parser does not know. What is refused is retried by the client.
 */
export function demandWholeAnswers(client: S3Client): void {
  client.middlewareStack.addRelativeTo(wholeAnswers, { relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'wholeAnswers' });
}

function wholeAnswers<Request, Result extends { response: unknown }>(next: (request: Request) => Promise<Result>, context: object) {
  const { commandName = '' } = context as { commandName?: string };
  return async (request: Request): Promise<Result> => {
    const result = await next(request);
    const answer = result.response as Answer;
    if (!ANSWERED_BY_XML.has(commandName) || answer.statusCode < 200 || answer.statusCode > 299) return result;
    const { root, document } = readDocument((await textOf(answer.body)).trimEnd());
    if (root === 'Error') answer.statusCode = 503;
    answer.body = Readable.from([Buffer.from(document)]);
    return result;
  };
}

async function textOf(body: unknown): Promise<string> {
  const bytes = body instanceof Readable ? await buffer(body) : Buffer.from(body as Uint8Array);
  return bytes.toString('utf8');
}

/** The name of the root, and the document without the prefix of its namespace. */
function readDocument(text: string): { root: string; document: string } {
  const [, prefix = '', root = '', , closing] = ROOT.exec(text) ?? [];
  if (closing !== '/' && !text.endsWith(`</${prefix}${root}>`)) throw brokenOff();
  if (/^html$/i.test(root)) throw new Error('it answered with a page of HTML, so it is no object storage');
  return { root, document: prefix === '' ? text : text.replaceAll(`<${prefix}`, '<').replaceAll(`</${prefix}`, '</') };
}

/** The code is what the client retries. */
function brokenOff(): Error {
  return Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' });
}

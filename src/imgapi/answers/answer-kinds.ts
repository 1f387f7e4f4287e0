import { isObject } from '../upgrade-manifest.js';
import type { AnswerFacts } from './answer-facts.js';

/** A kind of answer that no IMGAPI server gives. */
export interface AnswerKind {
  /** Ends the sentence "This is ...". */
  what: string;
  matches: (facts: AnswerFacts) => boolean;
}

const OCI_TYPE = /^application\/vnd\.(oci|docker)\./;

/** What servers answer that are something else, in the order in which they are looked for: the special before the general. */
const ANSWER_KINDS: readonly AnswerKind[] = [
  {
    what: 'a port that speaks TLS; use https:// in the URL',
    matches: ({ status, head }) => status === 400 && /plain HTTP request was sent to HTTPS port|Client sent an HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled server port/.test(head),
  },
  {
    what: 'an S3 bucket that refuses access (AccessDenied)',
    matches: ({ head }) => isXml(head, 'Error') && head.includes('<Code>AccessDenied</Code>'),
  },
  {
    what: 'an S3 bucket that has no such object',
    matches: ({ head }) => isXml(head, 'Error') && /<Code>NoSuch(Key|Bucket)<\/Code>/.test(head),
  },
  { what: 'an error of S3 object storage', matches: ({ head, headers }) => isXml(head, 'Error') && (head.includes('<Code>') || 'x-amz-request-id' in headers) },
  {
    what: 'the listing of an S3 bucket',
    matches: ({ head }) => isXml(head, 'ListBucketResult') || isXml(head, 'ListAllMyBucketsResult'),
  },
  {
    what: 'a simplestreams server, as Ubuntu, LXD and Incus use it',
    matches: ({ head, json }) => /^(index|products):\d/.test(textOf(json?.format)) || /^\{\s*"(format"\s*:\s*"(index|products):|content_id"|index"\s*:\s*\{)/.test(head),
  },
  {
    what: 'an OCI (Docker) registry',
    matches: ({ headers, json }) =>
      'docker-distribution-api-version' in headers || OCI_TYPE.test(headers['content-type'] ?? '') || OCI_TYPE.test(textOf(json?.mediaType)) || /\bservice="[^"]*registry/i.test(headers['www-authenticate'] ?? '') || hasOciErrors(json?.errors),
  },
  {
    what: 'an OpenStack Glance server',
    matches: ({ headers, head, json }) =>
      'x-openstack-request-id' in headers || /^Keystone\b/i.test(headers['www-authenticate'] ?? '') || textOf(json?.schema).startsWith('/v2/schemas/') || (json?.disk_format !== undefined && json.container_format !== undefined) ||
      (isObject(json) && isVersionList(json.versions)) || (/^\{\s*"images"\s*:/.test(head) && /"(disk_format|container_format|min_disk)"|\/v2\/schemas\//.test(head)),
  },
  {
    what: 'an HTML page',
    matches: ({ headers, head }) => /^(<!--[^]{0,2000}?-->\s*)?<(!doctype\s+html|html|head|body|title)\b/i.test(head) || (/^text\/html\b/i.test(headers['content-type'] ?? '') && !/^[[{]/.test(head)),
  },
  { what: 'an XML document', matches: ({ head }) => /^<\?xml\b|^<[a-z][\w:-]*[\s>]/i.test(head) },
  { what: 'binary data, such as the file of an image', matches: ({ head }) => /[^\P{Cc}\s]|\uFFFD/u.test(head.slice(0, 512)) },
];

/** The first kind that matches; null for what may be an IMGAPI server. */
export function kindOf(facts: AnswerFacts): AnswerKind | null {
  return ANSWER_KINDS.find(({ matches }) => matches(facts)) ?? null;
}

function isXml(head: string, root: string): boolean {
  return new RegExp(`^(<\\?xml[^>]{0,200}\\?>\\s*)?<${root}[\\s>]`).test(head);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `{"errors": [{"code": "UNAUTHORIZED"}]}`: the codes of the distribution specification are in upper case. */
function hasOciErrors(errors: unknown): boolean {
  return Array.isArray(errors) && errors.length > 0 && errors.every((error) => isObject(error) && /^[A-Z_]{3,40}$/.test(textOf(error.code)));
}

/** Glance answers what it does not know with its versions, such as `{"versions": [{"id": "v2.9", "links": []}]}`. */
function isVersionList(versions: unknown): boolean {
  return Array.isArray(versions) && versions.length > 0 && versions.every((version) => isObject(version) && /^v\d/.test(textOf(version.id)) && Array.isArray(version.links));
}

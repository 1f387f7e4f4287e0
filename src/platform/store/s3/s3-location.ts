import { truncate } from '../../message-text.js';
import { NO_PROXIES, type ProxySettings } from '../../fetch/proxy-settings.js';

/** Where an image store is in an object storage (IMAGE_STORE=s3://…). Plain data, which can be sent to another thread; it has no credentials of the storage. */
export interface S3Location {
  kind: 's3';
  bucket: string;
  /** Begins the name of each object; empty, or ends with a slash. */
  prefix: string;
  /** Base URL of the server; null: that of Amazon for the region. */
  endpoint: string | null;
  /** Null: as the environment or the files of the AWS tools say. */
  region: string | null;
  /** Whether the bucket is a part of the path, and not of the host name. */
  pathStyle: boolean;
  /** Whether clients are sent to the storage for the bytes of a file (IMAGE_STORE_REDIRECT). */
  redirects: boolean;
  proxies: ProxySettings;
}

/** A URL of an object storage that cannot be used; the message says what would be accepted. */
export class InvalidS3Url extends Error {}

const FORM = 's3://BUCKET/PREFIX?endpoint=URL&region=REGION&pathStyle=true, of which the bucket alone is needed';
const URL_OF_S3 = /^s3:\/\/([^/?#]*)(\/[^?#]*)?(?:\?([^#]*))?$/;
const BUCKET = /^(?!\d+(?:\.\d+){3}$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/;
/** Names that every server takes, and no tool has to escape. */
const SEGMENT = /^(?!\.{1,2}$)[\w!.*'()-]+$/;
const MOST_PREFIX_CHARACTERS = 512;
const REGION = /^[a-z0-9-]{1,64}$/i;
const PARAMETERS = ['endpoint', 'region', 'pathStyle'];

/** Reads `s3://bucket/prefix?endpoint=…&region=…&pathStyle=true`. Throws InvalidS3Url; a message never shows a user or a password. */
export function parseS3Url(text: string): S3Location {
  if (/^s3:\/\/[^?#]*@/.test(text)) throw new InvalidS3Url(`no user and password; the credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from the files of the AWS tools, or from the machine. Accepted: ${FORM}`);
  const [, bucket, path = '', query = ''] = URL_OF_S3.exec(text) ?? [];
  if (bucket === undefined) throw new InvalidS3Url(`accepted: ${FORM}`);
  if (!BUCKET.test(bucket)) throw new InvalidS3Url(`"${truncate(bucket)}" is no name of a bucket; accepted: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends`);
  const parameters = parametersOf(query);
  const endpoint = parameters.get('endpoint');
  return {
    kind: 's3',
    bucket,
    prefix: prefixOf(path),
    endpoint: endpoint === undefined ? null : endpointOf(endpoint),
    // A server of one's own has no regions, but every request is signed for one.
    region: regionOf(parameters.get('region') ?? (endpoint === undefined ? null : 'us-east-1')),
    pathStyle: isOn(parameters.get('pathStyle') ?? 'false'),
    redirects: false,
    proxies: NO_PROXIES,
  };
}

/** The location as messages show it. */
export function nameOfS3({ bucket, prefix }: Pick<S3Location, 'bucket' | 'prefix'>): string {
  return `s3://${bucket}/${prefix}`.replace(/\/$/, '');
}

function prefixOf(path: string): string {
  const segments = path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (segments.length === 1 && segments[0] === '') return '';
  const prefix = `${segments.join('/')}/`;
  if (segments.every((segment) => SEGMENT.test(segment)) && prefix.length <= MOST_PREFIX_CHARACTERS) return prefix;
  throw new InvalidS3Url(`"${truncate(prefix)}" is no prefix; accepted: names of letters, digits and !-_.*'() separated by single slashes, ${MOST_PREFIX_CHARACTERS} characters at most`);
}

/** The value of an unknown parameter is not shown, as it may be a secret. */
function parametersOf(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!PARAMETERS.includes(name)) throw new InvalidS3Url(`"${truncate(name)}" is no parameter; accepted: ${PARAMETERS.join(', ')}`);
    if (parameters.has(name)) throw new InvalidS3Url(`${name} is there twice; accepted: each parameter once`);
    parameters.set(name, value);
  }
  return parameters;
}

function endpointOf(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash) return url.href.replace(/\/+$/, '');
  const shown = truncate(text.replace(/\/\/.*@/s, '//***@').replace(/\?(.*)$/s, '?***'));
  throw new InvalidS3Url(`endpoint=${shown}; accepted: an http:// or https:// URL without user, query and fragment`);
}

function regionOf(text: string | null): string | null {
  if (text === null || REGION.test(text)) return text;
  throw new InvalidS3Url(`region=${truncate(text)}; accepted: a name such as eu-central-1`);
}

function isOn(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidS3Url(`pathStyle=${truncate(text)}; accepted: true or false`);
}

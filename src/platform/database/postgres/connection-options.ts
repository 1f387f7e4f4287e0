import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity, getCACertificates } from 'node:tls';
import type { ClientConfig } from 'pg';
import { InvalidPostgresUrl, parsePostgresUrl, type PostgresTls } from './postgres-url.js';

/**
 * The options of every connection to Postgres. TLS is as the URL says, never less. No option is one that a
 * pooler refuses: timeouts are set in each transaction. Reads the files of certificates; throws InvalidPostgresUrl.
 */
export function connectionOptions(url: string): ClientConfig {
  const { host, port, database, user, password, tls, applicationName, connectTimeoutMs } = parsePostgresUrl(url);
  return {
    host, port, database, user, password,
    ssl: tls === null ? false : tlsOptions(tls, host),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
  };
}

function tlsOptions({ mode, rootCert, client }: PostgresTls, host: string): ConnectionOptions {
  const shown = client === null ? {} : { cert: pem('sslcert', client.cert), key: pem('sslkey', client.key), passphrase: client.passphrase };
  // As in libpq, an authority that is named is always asked for.
  if (mode === 'require' && rootCert === null) return { ...shown, rejectUnauthorized: false };
  const ca = rootCert === null || rootCert === 'system' ? publicAuthorities() : [pem('sslrootcert', rootCert)];
  const isOfHost = mode === 'verify-full' || rootCert === 'system';
  // The driver names no host where it is an IP address, and Node would then ask for a certificate of "localhost".
  return { ...shown, ca, rejectUnauthorized: true, checkServerIdentity: (_name, certificate) => (isOfHost ? checkServerIdentity(host, certificate) : undefined) };
}

function publicAuthorities(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

function pem(parameter: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidPostgresUrl(`${parameter}: the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}); accepted: the path of a PEM file`, { cause: error });
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new InvalidPostgresUrl(`${parameter}: the file ${path} has no PEM; accepted: the path of a PEM file`);
}

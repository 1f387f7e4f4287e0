import { boundMessage } from '../../message-text.js';
import { InvalidPostgresUrl } from './postgres-url.js';

/** What is wrong, by the code of the system, of OpenSSL or of Postgres. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there; start Postgres, or correct host and port'],
  ['ENOENT', 'there is no socket of Postgres in that folder; start Postgres, or correct folder and port'],
  ['EACCES', 'this user may not use the socket'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name cannot be looked up: no name server answers'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network of the host cannot be reached'],
  ['ECONNRESET', 'the server closed the connection'],
  ['EPIPE', 'the server closed the connection'],
  ['ETIMEDOUT', 'the host does not answer'],
  ['28P01', 'Postgres refuses the password, or the user does not exist'],
  ['3D000', 'Postgres has no database of that name; create it (createdb), it is never made by the gateway'],
  ['42501', 'the user may not create tables in this database; grant it, or make it the owner'],
  ['53300', 'Postgres has no connection left (max_connections)'],
  ['57P03', 'Postgres is starting up or shutting down'],
  ['25006', 'the server is a read-only replica; name the primary'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate of the server is for another host name; name the host that the certificate is for, or set sslmode=verify-ca'],
  ['CERT_HAS_EXPIRED', 'the certificate of the server has expired'],
  ['CERT_NOT_YET_VALID', 'the certificate of the server is not valid yet; compare the clocks'],
]);

/** The certificate was made by an authority that is not ours. */
const FOREIGN = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE',
]);

/** What is wrong in the driver's words, which have no code. */
const WORDS: readonly [pattern: RegExp, problem: string][] = [
  [/does not support SSL/i, 'the server speaks no TLS; take sslmode out of the URL, or switch TLS on there'],
  [/error establishing an SSL connection/i, 'what listens there is no Postgres'],
  [/timeout|timed out/i, 'the host does not answer'],
  [/terminated/i, 'the server closed the connection before it answered'],
  [/SASL|password must be a string|no password supplied/i, 'Postgres asks for a password, and the URL has none'],
];

/** Why a connection to Postgres failed, and what to do, as the end of a sentence. Never has parameters of the URL. */
export function problemOf(error: unknown): string {
  if (error instanceof InvalidPostgresUrl) return error.message;
  const { code = '', message } = error instanceof Error ? (error as Error & { code?: string }) : { message: String(error) };
  if (FOREIGN.has(code)) return 'the certificate of the server comes from an authority that is not trusted here; name its authority with sslrootcert';
  if (code === '28000') return problemOfRefusal(message);
  const known = PROBLEMS.get(code) ?? WORDS.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  if (/^ERR_(SSL|TLS|OSSL|CRYPTO)|^EPROTO/.test(code)) return `TLS failed (${boundMessage(message, 200)}); check sslmode, and sslcert and sslkey, which the server may ask for`;
  return `it cannot be used (${boundMessage(message, 200)})`;
}

/** One code for what pg_hba.conf refuses, for a missing client certificate, and for a user that may not sign in. */
function problemOfRefusal(message: string): string {
  if (/no encryption|SSL off/i.test(message)) return 'Postgres refuses this user without TLS (see pg_hba.conf); add sslmode=verify-full, or sslmode=require, to the URL';
  if (/certificate/i.test(message)) return 'Postgres asks for a valid client certificate; name it with sslcert and sslkey';
  return 'Postgres refuses this user from this address (see pg_hba.conf)';
}

import { truncate } from '../message-text.js';

const OWN_AUTHORITY = 'start the gateway with NODE_EXTRA_CA_CERTS=FILE, a PEM file of';
const UNKNOWN_AUTHORITY = `the TLS certificate is not trusted: its authority is not known here; ${OWN_AUTHORITY} the authority's certificate`;
const NO_TLS = 'this port does not speak TLS; use http:// in the URL, or the port that speaks TLS';

/** What an operator can do about an error of TLS, by its code. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['EPROTO', 'the server does not speak TLS as expected'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'this port speaks plain HTTP, or no TLS at all; use http:// in the URL, or the port that speaks TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', NO_TLS],
  ['ERR_SSL_HTTP_REQUEST', NO_TLS],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the server speaks only a version of TLS older than 1.2'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'the server speaks no version of TLS that the gateway speaks, which are 1.2 and 1.3'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'the server asks for a client certificate, and the gateway has none'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the server refuses the TLS handshake; it may ask for a client certificate, which the gateway does not have'],
  ['CERT_HAS_EXPIRED', 'the TLS certificate has expired; it must be renewed there'],
  ['CERT_NOT_YET_VALID', 'the TLS certificate is not valid yet; the clock here or there may be wrong'],
  ['CERT_REVOKED', 'the TLS certificate was revoked'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', `the TLS certificate is self-signed, so it is not trusted; ${OWN_AUTHORITY} that certificate`],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNKNOWN_AUTHORITY],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', `the TLS certificate is not trusted: its authority is not known here, or the server leaves out the certificate in between; ${OWN_AUTHORITY} the authority's certificate`],
]);
const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID';
const MAX_NAMES_CHARACTERS = 100;

/** Whether a code is of an error of TLS. */
export function isTlsFailure(code: string): boolean {
  return REASONS.has(code) || code === OTHER_HOST || code.startsWith('ERR_SSL_') || code.startsWith('CERT_') || code.startsWith('ERR_TLS_');
}

/** An error of TLS in words, with what to do about it. OpenSSL's own message names lines of its source. */
export function tlsReason(code: string, cause: unknown): string {
  if (code === OTHER_HOST) return `the TLS certificate is for another host${namesIn(cause)}; use the name that it is for in the URL`;
  // Node gives EPROTO where it does not know OpenSSL's reason.
  if (code === 'EPROTO' && cause instanceof Error && cause.message.includes('wrong version number')) return tlsReason('ERR_SSL_WRONG_VERSION_NUMBER', cause);
  const words = code.replace(/^ERR_(SSL|TLS)_/, '').replaceAll('_', ' ').toLowerCase();
  return REASONS.get(code) ?? `the TLS handshake failed (${truncate(words, MAX_NAMES_CHARACTERS)})`;
}

/** The DNS names of the certificate, without its addresses. */
function namesIn(cause: unknown): string {
  if (!(cause instanceof Error && 'cert' in cause)) return '';
  const { cert } = cause;
  const given = typeof cert === 'object' && cert !== null && 'subjectaltname' in cert ? String(cert.subjectaltname) : '';
  const names = given.split(', ').filter((name) => /^DNS:[\w.*-]+$/.test(name)).map((name) => name.slice('DNS:'.length));
  return names.length === 0 ? '' : ` (${truncate(names.join(', '), MAX_NAMES_CHARACTERS)})`;
}

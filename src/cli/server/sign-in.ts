import { quoteValue } from '../../platform/message-text.js';
import { WrongCall } from '../command-error.js';
import type { Environment } from '../terminal.js';
import { readLogin } from './login-file.js';

export interface SignIn {
  server: URL;
  key: string;
}

/** An address as a person gives it: http or https, without user, password and query. Throws WrongCall. */
export function serverUrl(text: string, from: string): URL {
  const url = URL.parse(text.trim());
  const isServer = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isServer) return url;
  throw new WrongCall(`${from} is ${quoteValue(text)}. Accepted: an http:// or https:// address such as https://images.example.com, without user, query and fragment.`);
}

/** A key as it can stand in a header. Throws WrongCall, which never repeats the key. */
export function usableKey(text: string, from: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]{1,8192}$/.test(key)) return key;
  throw new WrongCall(`${from} holds no usable key. Accepted: the key of "image-gateway keys create", or a token, without blanks and at most 8192 characters.`);
}

/**
 * Which gateway, and with which key: --server and GATEWAY_URL go before the login, and GATEWAY_KEY before its key. The key of a
 * login is never sent to another server than the one it was given for. Throws WrongCall when something is missing.
 */
export async function signInOf(env: Environment, given: string | undefined): Promise<SignIn> {
  const named = namedServer(env, given);
  const key = present(env['GATEWAY_KEY']);
  if (named !== null && key !== null) return { server: named, key: usableKey(key, 'GATEWAY_KEY') };
  const login = await readLogin(env);
  const server = named ?? (login === null ? null : serverUrl(login.server, 'The server of the login'));
  if (server === null) throw new WrongCall('No gateway is named. Run "image-gateway login URL", or set GATEWAY_URL and GATEWAY_KEY.');
  if (key !== null) return { server, key: usableKey(key, 'GATEWAY_KEY') };
  if (login !== null && serverUrl(login.server, 'The server of the login').href === server.href) return { server, key: usableKey(login.key, 'The login') };
  throw new WrongCall(`There is no key for ${server.host}. Run "image-gateway login" with its address, or set GATEWAY_KEY.`);
}

function namedServer(env: Environment, given: string | undefined): URL | null {
  if (given !== undefined) return serverUrl(given, '--server');
  const url = present(env['GATEWAY_URL']);
  return url === null ? null : serverUrl(url, 'GATEWAY_URL');
}

function present(text: string | undefined): string | null {
  return text === undefined || text.trim() === '' ? null : text;
}

import { boundMessage, truncate } from '../../platform/message-text.js';
import type { AnswerFacts } from './answer-facts.js';

const MAX_MESSAGE_CHARACTERS = 200;
const MAX_CODE_CHARACTERS = 64;
/** Shorter parts of a URL, such as "images", are words that a message may need. */
const MIN_REPEATED_CHARACTERS = 8;

/**
 * What a server says of its own error, from the body `{code, message}` of IMGAPI: cleaned, bounded, without secrets of URLs, and without
 * what the URL beside it says already. Null when it says nothing.
 */
export function serverMessage({ json, url }: Pick<AnswerFacts, 'json' | 'url'>): string | null {
  const code = clean(json?.code, MAX_CODE_CHARACTERS);
  const message = withoutRepeats(clean(json?.message, MAX_MESSAGE_CHARACTERS), url).replace(/\.$/, '');
  if (message === '' || message === code) return code === '' ? null : code;
  return code === '' || message.startsWith(code) ? message : `${code}: ${message}`;
}

function clean(value: unknown, most: number): string {
  if (typeof value !== 'string') return '';
  const line = value.slice(0, 10 * most).toWellFormed().replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  return truncate(boundMessage(line), most);
}

/** Replaces the URL, its path and its last part, such as a uuid, by an ellipsis. */
function withoutRepeats(message: string, url: string): string {
  const { origin, pathname } = new URL(url);
  const last = pathname.split('/').findLast((part) => part !== '' && part !== 'file') ?? '';
  return [`${origin}${pathname}`, pathname, last].filter((text) => text.length >= MIN_REPEATED_CHARACTERS).reduce((text, repeated) => text.replaceAll(repeated, '…'), message);
}

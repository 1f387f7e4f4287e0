/** A file is taken for a text by so many bytes. */
const TEXT_BYTES = 1024;

/** Elements by which browsers recognize a page without a doctype (WHATWG MIME Sniffing), and those with which servers begin short ones. */
const HTML = /^<(!doctype html|html|head|body|title|meta|link|style|script|iframe|h[1-6]|div|center|font|table|a|b|p|br|hr|pre)[\s/>]/i;
const HTML_WITHIN_XML = /<html[\s>]/i;
const XML = /^<[?!a-z]/i;
const COMMENTS = /^(<!--(?:[^-]|-(?!->))*-->\s*)+/;
const JSON_START = /^(\{\s*["}]|\[\s*([[{"\]\d-]|true\b|false\b|null\b))/;
const JSON_SCALAR = /^("|true$|false$|null$)/;

/** The start of a text, decoded, without a byte order mark and leading space; null when the bytes are no text. */
function textOf(head: Buffer): string | null {
  const text = decoded(head.subarray(0, TEXT_BYTES));
  return isText(text) ? text.trimStart() : null;
}

/** Whether the bytes begin with a text in UTF-8 or, with a byte order mark, in UTF-16. */
export function isPlainText(head: Buffer): boolean {
  // The last character may be cut in two.
  return textOf(head)?.slice(0, -1).includes('\uFFFD') === false;
}

function decoded(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** Whether a text holds no control character but tab, line feed, form feed, carriage return and escape. */
function isText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are the characters that texts do not have
  return text !== '' && !/[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(text);
}

/** What a text that a web server sends in place of a file is called, such as "an HTML page"; null when the bytes are no such text. */
export function documentName(head: Buffer): string | null {
  const text = textOf(head);
  if (text === null) return null;
  const markup = text.replace(COMMENTS, '');
  if (HTML.test(markup) || (XML.test(markup) && HTML_WITHIN_XML.test(markup))) return 'an HTML page';
  if (XML.test(markup) || text.startsWith('<!--')) return 'an XML document';
  return JSON_START.test(text) || isJsonScalar(text, head) ? 'a JSON text' : null;
}

/** A file that is nothing but a JSON string, `true`, `false` or `null`; a number alone may be anything. */
function isJsonScalar(text: string, head: Buffer): boolean {
  if (head.length > TEXT_BYTES || !JSON_SCALAR.test(text.trimEnd())) return false;
  try {
    const value: unknown = JSON.parse(text);
    return value !== undefined;
  } catch {
    return false;
  }
}

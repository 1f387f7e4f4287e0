/** What a response depends on; header names in lower case, as node:http gives them. */
export interface FileRequest {
  method: 'GET' | 'HEAD';
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface ServedFile {
  /** Bytes. */
  size: number;
  /** In hex; the file's ETag. */
  sha1: string;
  /** In hex; null when it was never computed, so that Content-MD5 is left out. */
  md5Hex: string | null;
  modifiedAt: Date;
}

export interface FileResponse {
  status: 200 | 206 | 304 | 416;
  headers: Record<string, string>;
  /** The bytes to send, inclusive; null for the whole file. */
  range: { start: number; end: number } | null;
  sendBody: boolean;
}

type Range = { start: number; end: number } | 'unsatisfiable' | null;

/**
 * Decides the response to GET or HEAD of an image's file by RFC 9110: conditions first, then one byte range. Several ranges, a malformed
 * range and HEAD get the whole file, which the RFC allows. Entity tags match with or without quotes (older image clients) and, in
 * If-None-Match, also when weak.
 */
export function planFileResponse(request: FileRequest, file: ServedFile): FileResponse {
  const validators = { etag: `"${file.sha1}"`, 'last-modified': file.modifiedAt.toUTCString(), 'accept-ranges': 'bytes' };
  if (isNotModified(request, file)) return { status: 304, headers: validators, range: null, sendBody: false };

  const range = rangeOf(request, file);
  if (range === 'unsatisfiable') {
    const headers = { ...validators, 'content-range': `bytes */${file.size}`, 'content-length': '0' };
    return { status: 416, headers, range: null, sendBody: false };
  }

  const headers = { ...validators, 'content-type': 'application/octet-stream' };
  if (range !== null) {
    const part = { 'content-range': `bytes ${range.start}-${range.end}/${file.size}`, 'content-length': String(range.end - range.start + 1) };
    return { status: 206, headers: { ...headers, ...part }, range, sendBody: true };
  }
  // Content-MD5 covers the bytes of this response, so only the whole file has it; clients verify it.
  const whole: Record<string, string> = { ...headers, 'content-length': String(file.size) };
  if (file.md5Hex !== null) whole['content-md5'] = Buffer.from(file.md5Hex, 'hex').toString('base64');
  return { status: 200, headers: whole, range: null, sendBody: request.method === 'GET' };
}

function isNotModified(request: FileRequest, file: ServedFile): boolean {
  const tags = header(request, 'if-none-match');
  if (tags !== null) {
    return tags.split(',').some((tag) => tag.trim() === '*' || bareTag(tag.trim().replace(/^W\//, '')) === file.sha1);
  }
  const since = Date.parse(header(request, 'if-modified-since') ?? '');
  return wholeSeconds(file.modifiedAt) <= since;
}

function rangeOf(request: FileRequest, file: ServedFile): Range {
  const value = request.method === 'GET' ? header(request, 'range') : null;
  if (value === null || !isSameFile(header(request, 'if-range'), file)) return null;
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(value);
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? null : suffixRange(Number(last), file.size);
  const [start, end] = [Number(first), last === '' ? Infinity : Number(last)];
  if (end < start) return null;
  return start >= file.size ? 'unsatisfiable' : { start, end: Math.min(end, file.size - 1) };
}

function suffixRange(length: number, size: number): Range {
  if (length === 0 || size === 0) return 'unsatisfiable';
  return { start: Math.max(0, size - length), end: size - 1 };
}

/** Evaluates If-Range: a weak tag never matches and a date only exactly, as a client would otherwise join parts of different files. */
function isSameFile(condition: string | null, file: ServedFile): boolean {
  return condition === null || bareTag(condition) === file.sha1 || Date.parse(condition) === wholeSeconds(file.modifiedAt);
}

function bareTag(tag: string): string {
  return tag.replace(/^"(.*)"$/, '$1');
}

function header(request: FileRequest, name: string): string | null {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : (value?.trim() ?? null);
}

/** HTTP dates have a resolution of seconds, file systems a finer one. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}

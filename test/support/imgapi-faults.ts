import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * What goes wrong instead of the answer. `halfList`: half of the body, then a proper end. `spaces`: 3 GiB of white
 * space. `stall`: half of the body, then silence; `silence`: no answer at all. `wrongByte`: one byte differs. `shortFile`: ten bytes too few, with
 * a length to match. `text`: this body instead. `cut`: the connection breaks half-way, so many times (counts down). `slow`: bytes per second.
 */
export type RepositoryFault =
  | 'status500'
  | 'html'
  | 'halfList'
  | 'spaces'
  | 'redirectLoop'
  | 'stall'
  | 'silence'
  | 'wrongByte'
  | 'shortFile'
  | { cut: number }
  | { slow: number }
  | { redirectTo: string }
  | { text: string };

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

type Send = (response: ServerResponse, answer: Answer) => Promise<void>;

const SPACES_BYTES = 3 * 2 ** 30;

/** Sends the answer with the fault in it; without one, as it is. */
export async function misbehave(fault: RepositoryFault | undefined, response: ServerResponse, answer: Answer, send: Send): Promise<void> {
  if (fault === undefined) return await send(response, answer);
  if (typeof fault === 'object') return await misbehaveBy(fault, response, answer, send);
  const { body } = answer;
  switch (fault) {
    case 'status500':
      return await send(response, { status: 500, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"code":"InternalError","message":"no"}') });
    case 'html':
      return await send(response, { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('<!DOCTYPE html><title>Sign in</title>') });
    case 'halfList':
      return await send(response, { ...answer, body: body.subarray(0, body.length / 2) });
    case 'spaces':
      return await sendSpaces(response);
    case 'redirectLoop':
      return await send(response, { status: 302, headers: { location: response.req.url ?? '/' }, body: Buffer.alloc(0) });
    case 'stall':
      sendHalf(response, answer);
      return;
    case 'silence':
      return;
    case 'wrongByte':
      return await send(response, { ...answer, body: withOneByteFlipped(body) });
    case 'shortFile':
      return await send(response, { ...answer, body: body.subarray(0, Math.max(0, body.length - 10)) });
  }
}

async function misbehaveBy(fault: RepositoryFault & object, response: ServerResponse, answer: Answer, send: Send): Promise<void> {
  if ('redirectTo' in fault) return await send(response, { status: 302, headers: { location: fault.redirectTo }, body: Buffer.alloc(0) });
  if ('text' in fault) return await send(response, { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(fault.text) });
  if ('slow' in fault) return await sendSlowly(response, answer, fault.slow);
  if (fault.cut <= 0) return await send(response, answer);
  fault.cut -= 1;
  cut(response, answer);
}

function cut(response: ServerResponse, answer: Answer): void {
  sendHalf(response, answer, () => response.destroy());
}

function sendHalf(response: ServerResponse, { status, headers, body }: Answer, then?: () => void): void {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  response.write(body.subarray(0, Math.floor(body.length / 2)), then);
}

async function sendSlowly(response: ServerResponse, { status, headers, body }: Answer, bytesPerSecond: number): Promise<void> {
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  const step = Math.max(1, Math.floor(bytesPerSecond / 20));
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    response.write(body.subarray(at, at + step));
    await wait(50);
  }
  response.end();
}

async function sendSpaces(response: ServerResponse): Promise<void> {
  const chunk = Buffer.alloc(2 ** 20, ' ');
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let sent = 0; sent < SPACES_BYTES && !response.destroyed; sent += chunk.length) {
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.once('drain', go).once('close', go);
    });
  }
  response.end();
}

function withOneByteFlipped(body: Buffer): Buffer {
  const flipped = Buffer.from(body);
  const middle = Math.floor(flipped.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 0xff;
  return flipped;
}

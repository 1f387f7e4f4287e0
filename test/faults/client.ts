import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, TestClient } from '../support/gateway.js';
import type { Member } from './member.js';

type Data = NonNullable<Answer['data']>;

/** What came of a change: done, refused with a code, or nobody knows, as the answer was lost or says nothing. */
export type Outcome = { kind: 'done'; data: Data } | { kind: 'refused'; code: string; message: string } | { kind: 'unknown'; reason: string };

/** Answers after which a change may have been made or not. */
const UNKNOWN_CODES: readonly string[] = ['INTERNAL_SERVER_ERROR', 'DATABASE_UNAVAILABLE', 'SHUTTING_DOWN', 'OPERATION_TIMEOUT', 'TIMEOUT', 'QUERY_TOO_COMPLEX'];
const RETRY_MS = 150;
const PATIENCE_MS = 120_000;

/** Asks the gateways of a world, a random one each time. */
export class ClusterClient {
  /** Codes of answers, with how often each came. */
  readonly codes = new Map<string, number>();

  constructor(
    private readonly members: readonly Member[],
    private readonly key: string,
    private readonly random: () => number,
  ) {}

  /** Asks once for a change. */
  async change(mutation: string, variables: Record<string, unknown>): Promise<Outcome & { by: string }> {
    const member = await this.#member();
    const outcome = await this.#send(member, mutation, variables);
    this.#count(outcome.kind === 'refused' ? outcome.code : outcome.kind);
    return { ...outcome, by: member.name };
  }

  /** Asks until somebody answers without an error. */
  async read(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    for (const deadline = performance.now() + PATIENCE_MS; ; ) {
      const outcome = await this.#send(await this.#member(), query, variables);
      if (outcome.kind === 'done') return outcome.data;
      if (performance.now() > deadline) throw new Error(`No gateway answers ${query}: ${JSON.stringify(outcome)}`);
      await sleep(RETRY_MS);
    }
  }

  /** The bytes at a path of some gateway; null when it does not answer whole and well. */
  async bytes(path: string): Promise<{ status: number; bytes: Buffer } | null> {
    try {
      const response = await fetch(`${(await this.#member()).url}${path}`);
      return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
    } catch {
      return null;
    }
  }

  /** One that runs; a frozen one only when there is no other. */
  async #member(): Promise<Member> {
    for (;;) {
      const running = this.members.filter(({ isApi, url }) => isApi && url !== null);
      // A frozen one answers once it is thawed, which a few requests wait for.
      const awake = running.filter(({ isFrozen }) => !isFrozen || this.random() < 0.05);
      const chosen = (awake.length > 0 ? awake : running)[Math.floor(this.random() * Math.max(1, awake.length || running.length))];
      if (chosen !== undefined) return chosen;
      await sleep(RETRY_MS);
    }
  }

  async #send(member: Member, query: string, variables: Record<string, unknown>): Promise<Outcome> {
    const { url } = member;
    if (url === null) return { kind: 'unknown', reason: 'it does not run' };
    try {
      const { data, errors } = await new TestClient(url, this.key).send(query, variables);
      const [error] = errors;
      if (error === undefined) return data === null ? { kind: 'unknown', reason: 'no data' } : { kind: 'done', data };
      const { code } = error.extensions;
      return UNKNOWN_CODES.includes(code) ? { kind: 'unknown', reason: `${code}: ${error.message}` } : { kind: 'refused', code, message: error.message };
    } catch (error) {
      return { kind: 'unknown', reason: String(error instanceof Error ? (error.cause ?? error) : error).slice(0, 200) };
    }
  }

  #count(code: string): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
  }
}

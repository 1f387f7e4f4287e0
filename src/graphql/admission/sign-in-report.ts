import { Counter, type Registry } from 'prom-client';
import { SIGN_IN_FAILURES, type SignInFailure } from '../../access/sign-in/sign-in-failure.js';
import { subscriberOf } from '../../platform/http/client-address.js';
import type { Log } from '../../platform/log.js';
import { truncate } from '../../platform/message-text.js';

const WINDOW_MS = 60_000;
/** Lines per address (IPv6: one /64) and window; further failures are counted and told in one line. */
const LINES_PER_ADDRESS = 10;
/** Lines per window, all addresses together. */
const MOST_LINES = 500;
/** Addresses with a count of their own. */
const MOST_ADDRESSES = 1000;
/** Longest address in the log: a proxy may forward any text. */
const ADDRESS_CHARACTERS = 64;

export type SignInOutcome = 'OK' | 'no credentials' | SignInFailure;

export interface SignInEvent {
  outcome: SignInOutcome;
  transport: string;
  address: () => string;
  /** Null where it is not known. */
  username?: string | null;
  requestId?: string | undefined;
}

/** Failures from one address that have no line of their own. */
interface Unlogged {
  lines: number;
  further: number;
}

function labelOf(outcome: SignInOutcome): string {
  return outcome.replaceAll(' ', '_').toUpperCase();
}

/**
 * Counts every sign-in by its outcome, and logs why one failed, from where and of whom. What a caller gives is in fields of a bounded
 * length, never in the message, and the lines of a minute are bounded, per address and in total.
 */
export class SignInReport {
  readonly #series: ReadonlyMap<SignInOutcome, Counter.Internal>;
  readonly #addresses = new Map<string, Unlogged>();
  #lines = 0;
  #others = 0;
  #window: NodeJS.Timeout | null = null;

  constructor(
    private readonly log: Pick<Log, 'info'>,
    registry: Registry,
  ) {
    const total = new Counter({ name: 'gateway_sign_ins_total', help: 'Sign-ins of requests and sockets, by outcome: OK, or why it failed.', labelNames: ['outcome'], registers: [registry] });
    const outcomes: readonly SignInOutcome[] = ['OK', 'no credentials', ...SIGN_IN_FAILURES];
    // All series from the start, so that a rate over them sees the first failure.
    this.#series = new Map(outcomes.map((outcome) => [outcome, total.labels(labelOf(outcome))]));
  }

  /** Called once for each sign-in, on every transport. */
  onOutcome(event: SignInEvent): void {
    const { outcome } = event;
    this.#series.get(outcome)?.inc();
    if (outcome !== 'OK' && outcome !== 'no credentials') this.#logFailure(event);
  }

  #logFailure({ outcome, transport, address, username = null, requestId }: SignInEvent): void {
    const from = truncate(address(), ADDRESS_CHARACTERS);
    if (this.#window === null) this.#window = setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    const count = this.#countOf(truncate(subscriberOf(from), ADDRESS_CHARACTERS));
    if (count === null) {
      this.#others += 1;
    } else if (count.lines >= LINES_PER_ADDRESS || this.#lines >= MOST_LINES) {
      count.further += 1;
    } else {
      count.lines += 1;
      this.#lines += 1;
      const code = outcome === 'too many failures' ? 'RATE_LIMITED' : 'UNAUTHENTICATED';
      const user = username === null ? null : truncate(username);
      this.log.info({ requestId, transport, address: from, user, outcome: code, reason: outcome }, 'A sign-in failed.');
    }
  }

  /** Null when too many addresses have a count already. */
  #countOf(address: string): Unlogged | null {
    const count = this.#addresses.get(address);
    if (count !== undefined || this.#addresses.size >= MOST_ADDRESSES) return count ?? null;
    const added = { lines: 0, further: 0 };
    this.#addresses.set(address, added);
    return added;
  }

  /** Tells how many failures had no line: of the addresses with the most, one line each, and the rest together. */
  #endWindow(): void {
    this.#window = null;
    const unlogged = [...this.#addresses].filter(([, { further }]) => further > 0).sort(([, one], [, other]) => other.further - one.further);
    for (const [address, { further }] of unlogged.slice(0, LINES_PER_ADDRESS)) {
      this.log.info({ address, failures: further }, 'Further sign-ins from one address failed within a minute.');
    }
    const rest = unlogged.slice(LINES_PER_ADDRESS).reduce((sum, [, { further }]) => sum + further, this.#others);
    if (rest > 0) this.log.info({ failures: rest }, 'Further sign-ins from other addresses failed within a minute.');
    this.#addresses.clear();
    this.#lines = 0;
    this.#others = 0;
  }
}

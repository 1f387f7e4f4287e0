import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import type { Log } from '../../platform/log.js';
import { boundMessage } from '../../platform/message-text.js';
import { redactUrl } from '../../platform/fetch/redact-url.js';

export interface KeySetOptions {
  /** Fetches the key set; without it jose uses the global fetch. */
  fetch?: FetchImplementation;
  log?: Pick<Log, 'info' | 'warn'>;
}

/** A token names a key that is not in the set: after this time the set is fetched again, as the issuer may have a new key. */
const COOLDOWN_MS = 5000;
/** After a failure, the set is not asked for again for so long. */
const PAUSE_MS = 2000;
/** Failures are logged once in this time. */
const LOG_INTERVAL_MS = 60_000;

/** The key set of AUTH_JWKS_URL cannot be read, so tokens can be neither accepted nor refused. */
export class KeySetUnavailable extends Error {}

/** The keys of an issuer, fetched from AUTH_JWKS_URL when they are needed and cached for ten minutes. Logs when they cannot be read. */
export class KeySet {
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  readonly #fetch: FetchImplementation;
  #retryAt = 0;
  #failedAt: number | null = null;

  constructor(
    private readonly url: string,
    private readonly options: KeySetOptions,
  ) {
    this.#fetch = options.fetch ?? ((address, request) => fetch(address, request));
    this.#remote = createRemoteJWKSet(new URL(url), { cooldownDuration: COOLDOWN_MS, [customFetch]: (address, request) => this.#fetchUnlessPaused(address, request) });
  }

  /** The key that a token names. Throws KeySetUnavailable. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    try {
      const key = await this.#remote(header, token);
      this.#recovered();
      return key;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys || error instanceof errors.JOSENotSupported) throw error;
      throw this.#unavailable(error);
    }
  };

  /** Fetches the set before the first token needs it, so that a wrong address is told at the start. Never throws. */
  async load(): Promise<void> {
    await this.#remote.reload().catch((error: unknown) => this.#unavailable(error));
  }

  async #fetchUnlessPaused(...[address, request]: Parameters<FetchImplementation>): Promise<Response> {
    if (performance.now() < this.#retryAt) throw new KeySetUnavailable('paused after a failure');
    return this.#fetch(address, request);
  }

  #unavailable(error: unknown): KeySetUnavailable {
    if (error instanceof KeySetUnavailable) return error;
    const now = performance.now();
    this.#retryAt = now + PAUSE_MS;
    const reason = boundMessage(error instanceof Error ? error.message : String(error));
    if (this.#failedAt === null || now - this.#failedAt >= LOG_INTERVAL_MS) {
      this.#failedAt = now;
      const message = `AUTH_JWKS_URL=${redactUrl(this.url)}: the key set cannot be read (${reason.replace(/\.$/, '')}); tokens that need it are refused until it can be, and API keys work.`;
      this.options.log?.warn(message);
    }
    return new KeySetUnavailable(reason);
  }

  #recovered(): void {
    if (this.#failedAt === null || performance.now() < this.#retryAt) return;
    this.#failedAt = null;
    this.options.log?.info('The key set of AUTH_JWKS_URL can be read again.');
  }
}

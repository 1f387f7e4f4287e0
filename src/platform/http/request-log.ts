import type { FastifyBaseLogger } from 'fastify';
import type { Bindings, ChildLoggerOptions } from 'pino';

/** The logger of one request. Creates pino's child logger, which is expensive, only when something is logged; most requests log nothing. */
export class RequestLog implements FastifyBaseLogger {
  #child: FastifyBaseLogger | null = null;
  #hasLogged = false;

  constructor(
    private readonly parent: FastifyBaseLogger,
    private readonly bindings: Bindings,
    private readonly options: ChildLoggerOptions,
  ) {}

  get #log(): FastifyBaseLogger {
    return (this.#child ??= this.parent.child(this.bindings, this.options));
  }

  /** Whether there is a line that the default level shows. */
  get hasLogged(): boolean {
    return this.#hasLogged;
  }

  get level(): string {
    return this.#log.level;
  }

  set level(level: string) {
    this.#log.level = level;
  }

  child(bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return new RequestLog(this.#log, bindings, options ?? {});
  }

  fatal(...message: unknown[]): void {
    this.#hasLogged = true;
    this.#log.fatal(...(message as [string]));
  }

  error(...message: unknown[]): void {
    this.#hasLogged = true;
    this.#log.error(...(message as [string]));
  }

  warn(...message: unknown[]): void {
    this.#hasLogged = true;
    this.#log.warn(...(message as [string]));
  }

  info(...message: unknown[]): void {
    this.#hasLogged = true;
    this.#log.info(...(message as [string]));
  }

  debug(...message: unknown[]): void {
    this.#log.debug(...(message as [string]));
  }

  trace(...message: unknown[]): void {
    this.#log.trace(...(message as [string]));
  }

  silent(): void {
    // Pino's level `silent` writes nothing.
  }
}

import { redactUrl } from '../../fetch/redact-url.js';

/** Postgres cannot be used: one sentence that names the setting, without password and parameters. */
export class PostgresUnreachable extends Error {
  constructor(setting: string, url: string, problem: string, options?: ErrorOptions) {
    super(`${setting}=${redactUrl(url)}: ${problem}.`, options);
    this.name = 'PostgresUnreachable';
  }
}

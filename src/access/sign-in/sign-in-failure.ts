import { AppError, unauthenticated } from '../../platform/errors.js';

/** Why a sign-in failed, for the log and the metrics. The caller is never told. */
export const SIGN_IN_FAILURES = [
  'malformed', 'wrong algorithm', 'bad signature', 'unknown signing key', 'key set unavailable',
  'expired', 'no exp', 'not yet valid', 'wrong issuer', 'wrong audience', 'no username', 'refused username',
  'unknown key', 'revoked key', 'expired key', 'unknown user', 'inactive user', 'too many failures',
] as const; // prettier-ignore

export type SignInFailure = (typeof SIGN_IN_FAILURES)[number];

/** A failed sign-in. `username` is null unless a valid signature or the key itself names the user. */
export interface Refusal {
  reason: SignInFailure;
  username: string | null;
}

/** UNAUTHENTICATED, in the same words whatever the reason is. */
export class SignInRefused extends AppError implements Refusal {
  readonly reason: SignInFailure;
  readonly username: string | null;

  constructor({ reason, username }: Refusal) {
    const { code, message } = unauthenticated();
    super(code, message);
    this.reason = reason;
    this.username = username;
  }
}

/** Whether a sign-in failed only because the token has expired, so that its client gets a new one by itself; nobody gets a new API key in that way. */
export function isExpiry(error: unknown): boolean {
  return error instanceof SignInRefused && error.reason === 'expired';
}

export function refused(reason: SignInFailure, username: string | null = null): SignInRefused {
  return new SignInRefused({ reason, username });
}

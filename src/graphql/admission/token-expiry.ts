/** Longest time that a timer can count. */
const LONGEST_MS = 2 ** 31 - 1;
/** The clock tolerance of sign-in, and the time in which open streams are told first. */
const GRACE_MS = 11_000;

/** How long a checked Authorization value is good for; null: for longer than a timer counts, or it is an API key. */
export function msUntilExpiry(authorization: string, now = Date.now()): number | null {
  const [, payload] = authorization.split('.');
  if (payload === undefined) return null;
  try {
    const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { exp?: unknown };
    const left = typeof exp === 'number' ? exp * 1000 - now + GRACE_MS : LONGEST_MS;
    return left < LONGEST_MS ? Math.max(0, left) : null;
  } catch {
    return null;
  }
}

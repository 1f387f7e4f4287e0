type Headers = readonly (readonly [name: string, value: string])[];

/** Sent with every response: browsers must not guess its content type. */
export const EVERY_RESPONSE: Headers = [['x-content-type-options', 'nosniff']];

/** Sent with every GraphQL response and every error written to a raw socket: caches must not store it. */
export const NO_STORE: Headers = [...EVERY_RESPONSE, ['cache-control', 'no-store']];

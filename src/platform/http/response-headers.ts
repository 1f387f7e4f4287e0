type Headers = readonly (readonly [name: string, value: string])[];

/** On every answer of the process: browsers take it for what it says it is. */
export const EVERY_RESPONSE: Headers = [['x-content-type-options', 'nosniff']];

/** On every answer of GraphQL and every refusal: it is for its caller alone, and for this once. */
export const NO_STORE: Headers = [...EVERY_RESPONSE, ['cache-control', 'no-store']];

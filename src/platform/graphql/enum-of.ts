/** The object GraphQL wants for an enum, made of the array that columns and rules use: one list of values, not two. */
export function enumOf<T extends string>(values: readonly T[]): { [K in T]: K } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [K in T]: K };
}

/** Makes the object that type-graphql needs for an enum from the array that columns and rules use, so that values are listed once. */
export function enumOf<T extends string>(values: readonly T[]): { [K in T]: K } {
  return Object.fromEntries(values.map((value) => [value, value])) as { [K in T]: K };
}

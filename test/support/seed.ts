/** The seed of a random test: from that variable, to see a failure again, else of this moment. Print it in the name of the test. */
export function seedFromEnvironment(variable: string): number {
  return Number(process.env[variable] ?? Date.now() % 2 ** 31);
}

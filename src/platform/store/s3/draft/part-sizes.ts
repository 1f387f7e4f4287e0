/** The most parts that an upload may have. */
export const MOST_PARTS = 10_000;
/** Every server takes parts of 5 MiB or more. */
export const FIRST_PART_BYTES = 8 * 1024 * 1024;
/** Bytes of one file that may be on their way to the storage, beside the part that is being filled. */
export const MOST_BYTES_IN_FLIGHT = 4 * FIRST_PART_BYTES;
/** Within the storage, parts are copied without passing through memory, so they may be large. */
export const COPIED_PART_BYTES = 512 * 1024 * 1024;

const PARTS_OF_ONE_SIZE = 1000;
const EVEN_STEPS = 4;

/**
 * Bytes of the part with that number, from 1 on. The size of a file is not always known when its upload begins, so parts grow as they
 * become many: 8 MiB for the first 8 GiB, 32 MiB at 80 GiB, then twice as much after every thousand; 10,000 parts have 4 TiB.
 */
export function partBytes(number: number): number {
  const step = Math.floor((number - 1) / PARTS_OF_ONE_SIZE) + 1;
  return FIRST_PART_BYTES * (step <= EVEN_STEPS ? step : EVEN_STEPS * 2 ** (step - EVEN_STEPS));
}

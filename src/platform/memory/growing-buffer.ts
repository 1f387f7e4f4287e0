/** Reserved, not taken: what a system gives away as addresses only. */
const MOST_BYTES = 2 ** 28;

/**
 * Memory outside of every heap that grows in place by `resize`, up to 256 MiB; views without a length of their own grow with it.
 * Doubling by copies leaves holes between what else is allocated, which the process keeps.
 */
export function growingBuffer(bytes: number): ArrayBuffer {
  return new ArrayBuffer(bytes, { maxByteLength: MOST_BYTES });
}

/** Gives memory back at once, as the collector takes its time with what is outside its heap. The view is empty then. */
export function giveBack(view: { buffer: ArrayBuffer }): void {
  view.buffer.transferToFixedLength(0);
}

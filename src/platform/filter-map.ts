/** Ends the stream when a mapping answers it. */
export const END_OF_STREAM = Symbol('end of stream');

/**
 * The values of a stream after mapping, without those mapped to null. Ending it ends the source at once, also while it
 * waits for a value, which a generator could not do.
 */
export function filterMap<T, R>(
  source: AsyncIterator<T>,
  map: (value: T) => Promise<R | null | typeof END_OF_STREAM>,
): AsyncIterableIterator<R> {
  const end = async (): Promise<IteratorResult<R>> => {
    await source.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      for (;;) {
        const item = await source.next();
        if (item.done === true) return { done: true, value: undefined };
        const mapped = await map(item.value);
        if (mapped === END_OF_STREAM) return end();
        if (mapped !== null) return { done: false, value: mapped };
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

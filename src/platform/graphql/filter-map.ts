/**
 * The values of a stream after mapping, without those mapped to null. A mapping that throws ends the source and the stream
 * with its error. Ending it ends the source at once, also while it waits for a value, which a generator could not do.
 */
export function filterMap<T, R>(source: AsyncIterator<T>, map: (value: T) => Promise<R | null>): AsyncIterableIterator<R> {
  const end = async (): Promise<IteratorResult<R>> => {
    await source.return?.();
    return { done: true, value: undefined };
  };
  return {
    async next() {
      for (;;) {
        const item = await source.next();
        if (item.done === true) return { done: true, value: undefined };
        try {
          const mapped = await map(item.value);
          if (mapped !== null) return { done: false, value: mapped };
        } catch (error) {
          await end();
          throw error;
        }
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

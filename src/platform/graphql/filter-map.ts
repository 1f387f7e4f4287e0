/**
 * Maps the values of a stream and drops those mapped to null. If `map` throws, ends the source and throws the same error. `return`
 * ends the source at once, even during a pending `next`; a generator could only do so afterwards.
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

const PREFIX = 'image-gateway:';

let isClosed = false;

/** Until the page is loaded again nothing more is written: GraphiQL writes late, and would overwrite the tabs that the next load is to show. */
export function closeStorage(): void {
  isClosed = true;
}

/** What GraphiQL remembers (tabs, history, layout), under a prefix of ours: other GraphiQLs may live on the same host and port. */
export const editorStorage = {
  getItem: (key: string): string | null => localStorage.getItem(PREFIX + key),
  setItem: (key: string, value: string): void => (isClosed ? undefined : localStorage.setItem(PREFIX + key, value)),
  removeItem: (key: string): void => localStorage.removeItem(PREFIX + key),
  clear(): void {
    for (const key of ownKeys()) localStorage.removeItem(key);
  },
  get length(): number {
    return ownKeys().length;
  },
};

function ownKeys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

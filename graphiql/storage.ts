/** Texts under names, as `Storage` has them; nothing here throws. */
export interface TextStore {
  /** False: the browser refuses to store anything for this page, and what is written lasts until the page is left. */
  readonly isLasting: boolean;
  getItem(key: string): string | null;
  /** Answers whether the browser took it; a full store refuses, and then this page alone remembers it. */
  setItem(key: string, value: string): boolean;
  removeItem(key: string): void;
  keys(): string[];
}

/** Other pages on the same host and port, such as another GraphiQL, share the stores of the browser. */
const PREFIX = 'image-gateway:';

class BrowserStore implements TextStore {
  /** What the browser did not take. */
  readonly #memory = new Map<string, string>();

  constructor(private readonly store: Storage | null) {}

  get isLasting(): boolean {
    return this.store !== null;
  }

  getItem(key: string): string | null {
    return this.#memory.get(key) ?? this.store?.getItem(PREFIX + key) ?? null;
  }

  setItem(key: string, value: string): boolean {
    try {
      this.store?.setItem(PREFIX + key, value);
      this.#memory.delete(key);
      if (this.store !== null) return true;
    } catch {
      // The store is full.
    }
    this.#memory.set(key, value);
    return false;
  }

  removeItem(key: string): void {
    this.#memory.delete(key);
    this.store?.removeItem(PREFIX + key);
  }

  keys(): string[] {
    const stored = Object.keys(this.store ?? {}).filter((key) => key.startsWith(PREFIX));
    return [...new Set([...stored.map((key) => key.slice(PREFIX.length)), ...this.#memory.keys()])];
  }
}

/** Shared by all tabs of the browser, and there again at the next visit. */
export const localStore = openStore(() => window.localStorage);
/** Of this tab of the browser alone; ends with it, and is never written to disk by us. */
export const sessionStore = openStore(() => window.sessionStorage);

// A browser that blocks cookies of a page throws as soon as the store is named.
function openStore(store: () => Storage): TextStore {
  try {
    const opened = store();
    opened.getItem(PREFIX);
    return new BrowserStore(opened);
  } catch {
    return new BrowserStore(null);
  }
}

/** Of this tab of the browser; a new one begins with what any tab wrote last. */
export const tabStore = {
  getItem: (key: string): string | null => sessionStore.getItem(key) ?? localStore.getItem(key),
  setItem(key: string, value: string): void {
    sessionStore.setItem(key, value);
    localStore.setItem(key, value);
  },
};

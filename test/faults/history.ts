/** One thing that happened: a fault was injected or ended, a change was asked for or answered, or a rule was found broken. */
export interface HistoryEntry {
  atMs: number;
  kind: 'fault' | 'change' | 'broken';
  text: string;
}

/** Entries this long before a broken rule, and after it, are printed with it. */
const BEFORE_MS = 45_000;
const AFTER_MS = 5_000;
const MOST_LINES = 250;

/** Everything that a run did and saw, in order, so that a failed run can show what led there. */
export class FaultHistory {
  readonly startedAt = Date.now();
  readonly #entries: HistoryEntry[] = [];
  readonly #injected = new Map<string, number>();
  /** Processes that were killed or frozen. */
  readonly struck: { name: string; atMs: number }[] = [];

  /** Records a fault. `kind` is what the report counts; `text` says on what and how. */
  inject(kind: string, text: string): void {
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
    this.#add('fault', `${kind}: ${text}`);
  }

  /** Records a fault that takes a process away. */
  strike(kind: string, name: string, text = name): void {
    this.inject(kind, text);
    this.struck.push({ name, atMs: Date.now() });
  }

  /** Records what followed from a fault, such as its end. */
  fault(text: string): void {
    this.#add('fault', text);
  }

  change(text: string): void {
    this.#add('change', text);
  }

  /** Records a rule that does not hold. The run goes on, and fails at its end. */
  broken(text: string): void {
    if (this.broke.length < 50 && !this.broke.some((entry) => entry.text === text)) this.#add('broken', text);
  }

  get broke(): HistoryEntry[] {
    return this.#entries.filter(({ kind }) => kind === 'broken');
  }

  /** How often each kind of fault was injected. */
  get injected(): ReadonlyMap<string, number> {
    return this.#injected;
  }

  /** The rules that are broken, and what happened around the first. */
  explain(): string {
    const [first] = this.broke;
    if (first === undefined) return '';
    const near = this.#entries.filter(({ atMs }) => atMs > first.atMs - BEFORE_MS && atMs < first.atMs + AFTER_MS).slice(-MOST_LINES);
    return [...this.broke.map((entry) => `BROKEN ${this.#line(entry)}`), '', 'What happened around the first:', ...near.map((entry) => this.#line(entry))].join('\n');
  }

  #add(kind: HistoryEntry['kind'], text: string): void {
    this.#entries.push({ atMs: Date.now(), kind, text });
  }

  #line({ atMs, kind, text }: HistoryEntry): string {
    return `${((atMs - this.startedAt) / 1000).toFixed(3).padStart(8)} s ${kind.padEnd(6)} ${text}`;
  }
}

import { styleText } from 'node:util';
import type { Terminal } from '../terminal.js';
import type { Listed } from '../server/list-pages.js';
import { type Column, printable, tableText } from './table.js';

/** Writes results to stdout, as tables for people or as JSON for programs, and notes to stderr. */
export class Output {
  constructor(
    private readonly terminal: Terminal,
    private readonly format: string,
  ) {}

  get isJson(): boolean {
    return this.format === 'json';
  }

  /** Several things, one a line. */
  list<Row>({ rows, hasMore }: Listed<Row>, columns: readonly Column<Row>[]): void {
    if (this.isJson) this.#writeJson(rows);
    else this.#table(rows, columns);
    if (hasMore) this.note(`There are more than these ${rows.length}; see more with --limit.`);
  }

  /** One thing, a field a line. */
  item<Row>(row: Row, fields: readonly Column<Row>[]): void {
    if (this.isJson) return this.#writeJson(row);
    const columns: Column<Column<Row>>[] = [{ title: '', of: ({ title }) => title }, { title: '', of: (field) => field.of(row) }];
    this.#write(tableText(columns, fields, this.#width).lines);
  }

  /** What a command did: a sentence for people, or its data. */
  done(sentence: string, data: unknown): void {
    if (this.isJson) this.#writeJson(data);
    else this.#write([printable(sentence)]);
  }

  /** Lines as they are, in either format. */
  text(lines: string): void {
    this.terminal.stdout.write(lines.endsWith('\n') ? lines : `${lines}\n`);
  }

  /** What should be known beside the result. */
  note(sentence: string): void {
    this.terminal.stderr.write(`${printable(sentence)}\n`);
  }

  #writeJson(value: unknown): void {
    this.text(JSON.stringify(value, null, 2));
  }

  #table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    if (rows.length === 0) return this.note('There are none.');
    const { head, lines } = tableText(columns, rows, this.#width);
    this.#write([styleText('bold', head, { stream: this.terminal.stdout }), ...lines]);
  }

  /** In a pipe nothing is cut. */
  get #width(): number | null {
    return this.terminal.stdout.isTTY ? this.terminal.stdout.columns : null;
  }

  #write(lines: readonly string[]): void {
    this.terminal.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
}

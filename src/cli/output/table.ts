import stringWidth from 'string-width';

export interface Column<Row> {
  title: string;
  /** Never cut: a name or an id, which is of no use in part. */
  isWhole?: boolean;
  of(row: Row): string | number | boolean | null | undefined;
}

const GAP = '  ';
const NARROWEST = 6;
const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Text of others without what would move the cursor or change the colours of a terminal, on one line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}

/** Rows below their titles. With a width, the widest columns are cut until a line fits; without, nothing is cut. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number | null): { head: string; lines: string[] } {
  const cells = rows.map((row) => columns.map((column) => cellText(column.of(row))));
  const natural = columns.map((column, at) => Math.max(stringWidth(column.title), ...cells.map((row) => stringWidth(row[at] ?? ''))));
  const widths = width === null ? natural : fitted(natural, columns.map(({ isWhole = false }) => isWhole), width);
  const lineOf = (row: readonly string[]): string => row.map((text, at) => padded(text, widths[at] ?? 0)).join(GAP).trimEnd();
  return { head: lineOf(columns.map(({ title }) => title)), lines: cells.map(lineOf) };
}

function cellText(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return printable(String(value));
}

function fitted(natural: readonly number[], isWhole: readonly boolean[], width: number): number[] {
  const widths = [...natural];
  const room = Math.max(width - GAP.length * (widths.length - 1), NARROWEST * widths.length);
  for (let excess = sum(widths) - room; excess > 0; excess -= 1) {
    const widest = Math.max(0, ...widths.filter((_each, at) => isWhole[at] !== true));
    if (widest <= NARROWEST) break;
    const at = widths.findIndex((each, column) => each === widest && isWhole.at(column) !== true);
    widths.splice(at, 1, widest - 1);
  }
  return widths;
}

function padded(text: string, width: number): string {
  const shown = stringWidth(text) > width ? shortened(text, width) : text;
  return shown + ' '.repeat(Math.max(0, width - stringWidth(shown)));
}

function shortened(text: string, width: number): string {
  let result = '';
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += stringWidth(segment);
    if (used > width - 1) break;
    result += segment;
  }
  return `${result}…`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

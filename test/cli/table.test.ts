import { describe, expect, it } from 'vitest';
import { type Column, printable, tableText } from '../../src/cli/output/table.js';

interface Row {
  name: string;
  text: string | null;
}

const COLUMNS: Column<Row>[] = [{ title: 'NAME', of: ({ name }) => name }, { title: 'TEXT', of: ({ text }) => text }];

describe('a table', () => {
  it('is as wide as what it holds where nothing limits it', () => {
    expect(tableText(COLUMNS, [{ name: 'a', text: 'one' }, { name: 'bcdefg', text: null }], null)).toEqual({ head: 'NAME    TEXT', lines: ['a       one', 'bcdefg  -'] });
  });

  it('is cut at its widest column to the width of a terminal', () => {
    const { head, lines } = tableText(COLUMNS, [{ name: 'abc', text: 'x'.repeat(500) }], 20);
    expect([head, lines]).toEqual(['NAME  TEXT', [`abc   ${'x'.repeat(13)}…`]]);
  });

  it('counts wide characters as two columns, and never cuts within one', () => {
    expect(tableText(COLUMNS, [{ name: 'abc', text: '漢'.repeat(50) }], 20).lines).toEqual([`abc   ${'漢'.repeat(6)}…`]);
  });

  it('never cuts what is of no use in part', () => {
    const [name, text] = COLUMNS;
    expect(tableText([{ ...name!, isWhole: true }, text!], [{ name: 'n'.repeat(30), text: 'x'.repeat(30) }], 20).lines).toEqual([`${'n'.repeat(30)}  xxxxx…`]);
  });

  it('shows no control characters of others', () => {
    expect(printable('a\u001b[31mb\nc\u202ed\u0007')).toBe('a [31mb c d ');
  });
});

import { BoundedCache } from '../../memory/bounded-cache.js';
import { MOST_STATEMENTS } from './prepared-statements.js';
import { requireSqlText, type SqlText } from '../sql-text.js';

/** A list written out, ` in (?, ?)`, or one value. */
const PARAMETER = /(?<! not) in \(\?(?:, \?)*\)|\?/g;

interface Form {
  text: string;
  /** How many values each parameter takes: 0 for one that is no list. */
  lengths: readonly number[];
  hasLists: boolean;
}

const forms = new BoundedCache<string, Form>({ max: MOST_STATEMENTS });

function formOf(text: string): Form {
  const lengths: number[] = [];
  const numbered = text.replace(PARAMETER, (found) => {
    if (found === '?') return `$${lengths.push(0)}`;
    return ` = any($${lengths.push(found.split('?').length - 1)})`;
  });
  return { text: numbered, lengths, hasLists: lengths.some((length) => length > 0) };
}

/** An array literal of Postgres; the driver would quote each number. */
function arrayOf(values: readonly unknown[]): unknown {
  return values.every((value) => typeof value === 'number') ? `{${values.join(',')}}` : values;
}

/**
 * A statement for Postgres: parameters are numbered, and an `in` list becomes one array parameter, so that lists of all lengths
 * share one text and one plan.
 */
export function postgresText(statement: SqlText): { text: string; values: unknown[] } {
  requireSqlText(statement);
  const { text, values } = statement;
  const form = forms.getOrCompute(text, formOf);
  if (!form.hasLists) return { text: form.text, values: [...values] };
  let at = 0;
  const taken = form.lengths.map((length) => (length === 0 ? values[at++] : arrayOf(values.slice(at, (at += length)))));
  return { text: form.text, values: taken };
}

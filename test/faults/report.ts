import type { FaultRunResult } from './fault-run.js';
import type { Figure } from './figures.js';

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function counts(tally: ReadonlyMap<string, number>): string {
  return [...tally].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`).join(', ');
}

function figureLine({ name, ms, mostMs, samples }: Figure): string {
  return `  ${name}: ${seconds(ms)} (at most ${seconds(mostMs)}; ${samples} samples)${ms <= mostMs ? '' : ' TOO LONG'}`;
}

/** Figures that exceed what they may be. */
export function slowFigures({ figures }: FaultRunResult): string[] {
  return figures.filter(({ ms, mostMs }) => !(ms <= mostMs)).map(figureLine);
}

interface ErrorKind {
  count: number;
  /** When the first came, in ms since 1970. */
  firstAt: number;
}

/** What was logged, without the numbers and ids in it, with how often it was. */
function errorKinds(errors: readonly string[]): Map<string, ErrorKind> {
  const kinds = new Map<string, ErrorKind>();
  for (const line of errors) {
    const { msg, err, time } = JSON.parse(line) as { msg?: string; err?: { message?: string }; time: string };
    const kind = `${msg ?? ''} ${err?.message ?? ''}`.replaceAll(/[0-9a-f-]{8,}|\d+/g, '…').slice(0, 300);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { count: 1, firstAt: Date.parse(time) });
    else known.count += 1;
  }
  return kinds;
}

/** What was injected and survived, and the figures, for people. */
export function reportOf(result: FaultRunResult): string {
  const { options, history, ledger, figures, steps, codes, watch, missing, errors } = result;
  const tally = (of: (step: FaultRunResult['steps'][number]) => string | null): Map<string, number> => {
    const counted = new Map<string, number>();
    for (const step of steps) {
      const name = of(step);
      if (name !== null) counted.set(name, (counted.get(name) ?? 0) + 1);
    }
    return counted;
  };
  const attempts = [...Map.groupBy(steps, ({ task }) => task).values()].map((own) => Math.max(...own.map((step) => step.attempts)));
  return [
    `Faults on ${options.database}, seed ${options.seed}, ${seconds(Date.now() - history.startedAt)}:`,
    `  injected: ${counts(history.injected)}`,
    `  tasks recorded: ${counts(tally(({ what, action }) => (what === 'recorded' ? action : null)))}`,
    `  tasks ended: ${counts(tally(({ what, status }) => (what === 'changed' && ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status) ? status : null)))}, attempts beyond the first ${attempts.reduce((sum, count) => sum + Math.max(0, count - 1), 0)}`,
    `  acknowledged tasks: ${ledger.tasks.length}; answers: ${counts(codes)}`,
    `  rules looked at: ${watch.looks} times; an image was PENDING without a live claim for ${seconds(watch.longestPendingMs)} at most`,
    ...figures.map(figureLine),
    ...missing.map((one) => `  not had here: ${one}`),
    ...[...errorKinds(errors)].map(([kind, { count, firstAt }]) => `  logged as an error ${count} times, first at ${seconds(firstAt - history.startedAt)}: ${kind}`),
  ].join('\n');
}

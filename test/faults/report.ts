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
  const retaken = steps.filter(({ what, attempts, phase }, at) => what === 'changed' && attempts > 1 && phase !== 'DONE' && steps.findIndex((one) => one.task === steps[at]?.task && one.attempts === attempts) === at);
  return [
    `Faults on ${options.database}, seed ${options.seed}, ${seconds(Date.now() - history.startedAt)}:`,
    `  injected: ${counts(history.injected)}`,
    `  tasks recorded: ${counts(tally(({ what, action }) => (what === 'recorded' ? action : null)))}`,
    `  tasks ended: ${counts(tally(({ what, status }) => (what === 'changed' && ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status) ? status : null)))}, begun anew ${retaken.length}`,
    `  acknowledged tasks: ${ledger.tasks.length}; answers: ${counts(codes)}`,
    `  rules looked at: ${watch.looks} times; an image was PENDING without a live claim for ${seconds(watch.longestPendingMs)} at most`,
    ...figures.map(figureLine),
    ...missing.map((one) => `  not had here: ${one}`),
    ...(errors.length === 0 ? [] : [`  logged as errors: ${errors.length}, the first: ${errors[0]?.slice(0, 600)}`]),
  ].join('\n');
}

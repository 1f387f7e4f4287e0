import type { Terminal } from '../terminal.js';

export interface ProgressState {
  phase: string;
  bytesDone: number | null;
  bytesTotal: number | null;
  /** What is counted; bytes by default. */
  unit?: 'bytes' | 'rows';
}

const BAR = 30;
const MIB = 1024 * 1024;
/** In a pipe, one line for so many percent. */
const STEP = 25;

/** Shows on stderr how work goes on: a bar on a terminal, and in a pipe a line for each step. */
export class Progress {
  #last = '';

  constructor(private readonly terminal: Terminal) {}

  show(state: ProgressState): void {
    const { stderr } = this.terminal;
    if (stderr.isTTY) {
      stderr.write(`\r\u001b[K${barText(state)}`.slice(0, stderr.columns + 3));
      return;
    }
    const line = stepText(state);
    if (line === this.#last) return;
    this.#last = line;
    stderr.write(`${line}\n`);
  }

  /** Takes the bar away, so that a result can follow. */
  end(): void {
    if (this.terminal.stderr.isTTY) this.terminal.stderr.write('\r\u001b[K');
  }
}

function shareOf({ bytesDone, bytesTotal }: ProgressState): number | null {
  return bytesDone === null || bytesTotal === null || bytesTotal === 0 ? null : Math.min(1, bytesDone / bytesTotal);
}

function barText(state: ProgressState): string {
  const share = shareOf(state);
  if (share === null) return state.phase;
  const filled = Math.round(BAR * share);
  const counted = (count: number | null): string => (state.unit === 'rows' ? String(count ?? 0) : ((count ?? 0) / MIB).toFixed(1));
  const unit = state.unit === 'rows' ? 'rows' : 'MiB';
  return `${state.phase} [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${Math.floor(100 * share)} % ${counted(state.bytesDone)} of ${counted(state.bytesTotal)} ${unit}`;
}

function stepText(state: ProgressState): string {
  const share = shareOf(state);
  return share === null ? state.phase : `${state.phase} ${Math.floor((100 * share) / STEP) * STEP} %`;
}

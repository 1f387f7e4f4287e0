import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignInReport } from '../../src/graphql/admission/sign-in-report.js';
import { OperationMetrics } from '../../src/graphql/pipeline/operation-metrics.js';
import { OperationReport } from '../../src/graphql/pipeline/operation-report.js';

interface Line {
  level: number;
  msg: string;
  address?: string;
  failures?: number;
}

let lines: Line[];
let log: Logger;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('failed sign-ins', () => {
  const failing = (report: SignInReport, address: string, count: number): void => {
    for (let times = 0; times < count; times += 1) report.onOutcome({ outcome: 'malformed', transport: 'http', address: () => address });
  };

  it('of one address take ten lines a minute, and one that tells how many more there were', () => {
    const report = new SignInReport(log, new Registry());
    failing(report, '192.0.2.1', 5000);
    failing(report, '192.0.2.2', 1);
    expect(lines).toHaveLength(11);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(11)).toMatchObject([{ address: '192.0.2.1', failures: 4990 }]);
    failing(report, '192.0.2.1', 1);
    expect(lines).toHaveLength(13);
  });

  it('of any number of addresses take a bounded number of lines, and all are counted', async () => {
    const registry = new Registry();
    const report = new SignInReport(log, registry);
    for (let at = 0; at < 20_000; at += 1) failing(report, `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, 1);
    expect(lines).toHaveLength(500);
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(500).reduce((sum, { failures = 0 }) => sum + failures, 0)).toBe(19_500);
    expect(lines.length).toBeLessThan(520);
    expect(await registry.metrics()).toContain('gateway_sign_ins_total{outcome="MALFORMED"} 20000');
  });
});

describe('refused operations', () => {
  it('of callers who are not signed in take a bounded number of lines a minute', () => {
    const report = new OperationReport(log, new OperationMetrics(new Registry(), null));
    const refuse = (): void => report.finish({ context: { transport: 'http', requestId: 'r', traceId: undefined, startedAt: 0 }, operation: undefined, errors: [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }] });
    for (let times = 0; times < 3000; times += 1) refuse();
    expect(lines).toHaveLength(1000);
    vi.advanceTimersByTime(60_000);
    refuse();
    expect(lines).toHaveLength(1001);
  });
});

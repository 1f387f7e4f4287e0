import { describe, expect, it } from 'vitest';
import { filesUnder } from './sources.js';

const sources = filesUnder(['src'], ['.ts']);

describe('tasks', () => {
  it('are ended well by their run alone, which asks first whether their starter still may', () => {
    const callers = sources.filter(({ text }) => /\bendTask\b/.test(text)).map(({ path }) => path);
    expect(callers).toEqual(['src/tasks/runner/end-task.ts', 'src/tasks/runner/task-run.ts']);
  });

  it('are SUCCEEDED by nothing else', () => {
    const writers = sources.filter(({ text }) => /status: 'SUCCEEDED'/.test(text)).map(({ path }) => path);
    expect(writers).toEqual(['src/tasks/runner/record-task.ts', 'src/tasks/runner/task-run.ts']);
  });
});

import { readdirSync, readFileSync } from 'node:fs';

/** Processor time that these processes have used so far, in µs, from the scheduler, which counts in nanoseconds. */
export function processorUs(pids) {
  let total = 0;
  for (const pid of pids) {
    for (const task of tasksOf(pid)) {
      try {
        total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1000;
      } catch {
        // The thread ended meanwhile.
      }
    }
  }
  return total;
}

function tasksOf(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

// Preloaded into a gateway by NODE_OPTIONS=--import: shifts what the process takes for the time by the milliseconds that the file
// CLOCK_OFFSET_FILE says, while it runs. Timers and the monotonic clock go on as they are.
import { readFileSync } from 'node:fs';

const POLL_MS = 100;
const path = process.env.CLOCK_OFFSET_FILE;
const RealDate = Date;
let offsetMs = 0;

function readOffset() {
  try {
    offsetMs = Number(readFileSync(path, 'utf8')) || 0;
  } catch {
    offsetMs = 0;
  }
}

class ShiftedDate extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + offsetMs);
    else super(...words);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
}

if (path !== undefined) {
  readOffset();
  setInterval(readOffset, POLL_MS).unref();
  globalThis.Date = ShiftedDate;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_CHAPTERS } from './chapters-access.js';
import { LIFE_CHAPTERS } from './chapters-life.js';
import { type Guide, startGuide } from './guide.js';
import { transcribe } from './transcript.js';

const HEAD = `# The user guide, line by line

The user guide of a cloud makes 54 statements about images (S1 to S54). This page shows for each how the gateway implements it: who asks, the operation, and
the answer. \`test/seed/seed.test.ts\` writes this page and runs all of it on SQLite and on Postgres.
After an intended change, \`npm test -- test/seed --update\` updates it.
`;

const CHAPTERS = [...ACCESS_CHAPTERS, ...LIFE_CHAPTERS];
const written: string[] = [];
let guide: Guide;
beforeAll(async () => {
  guide = await startGuide();
});
afterAll(async () => guide?.world.close());

describe('the user guide', () => {
  it('is walked through from S1 to S54, without a gap', () => {
    const numbers = CHAPTERS.flatMap(({ ids }) => ids.split(', ').map((id) => Number(id.slice(1))));
    expect(numbers).toEqual(Array.from({ length: 54 }, (_, at) => at + 1));
  });

  it.each(CHAPTERS.map((chapter) => [`${chapter.ids}: ${chapter.title}`, chapter] as const))('%s', async (_name, chapter) => {
    const { world, speakers } = guide;
    // A file that takes two seconds, so that its image is seen PENDING.
    world.repository.fail = chapter.ids.startsWith('S23') ? { file: { slow: 100_000 } } : {};
    written.push(await transcribe(chapter, speakers, { 'http://repository': world.repository.url, 'http://gateway': world.gateway.url }));
  });

  it('reads as docs/seed.md', async () => {
    await expect([HEAD, ...written].join('\n')).toMatchFileSnapshot('../../docs/seed.md');
  });
});

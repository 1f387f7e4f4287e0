import { expect } from 'vitest';
import type { TestClient } from '../support/gateway.js';

/** Who speaks in the transcript. */
export type Speakers = Record<string, TestClient>;

/** A query, and what must be in its data, or the code that it must be refused with; or `wait for <image>`. */
export type Step = [who: string, query: string, expected: object | string, variables?: Record<string, unknown>];

/** One requirement of the user guide, and the steps that show it working. */
export interface Chapter {
  ids: string;
  title: string;
  steps: Step[];
}

/** Names in the transcript for addresses that differ from run to run. */
export type Places = Record<string, string>;

/** Identifiers and times differ from run to run; what the transcript tells does not. */
function steady(text: string): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<task>')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

async function runStep([who, query, expected, variables]: Step, speakers: Speakers, places: Places): Promise<string> {
  const client = speakers[who];
  if (client === undefined) throw new Error(`Nobody is called ${who}.`);
  const [real, shown] = [Object.entries(places).reduce((text, [name, url]) => text.replaceAll(name, url), query), Object.entries(places)];
  const { data, errors } = await client.send(real, variables ?? {});
  const named = (text: string): string => shown.reduce((told, [name, url]) => told.replaceAll(url, name), text);
  if (typeof expected === 'string') {
    expect({ query, codes: errors.map((error) => error.extensions.code) }).toEqual({ query, codes: [expected] });
    return named(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('\n'));
  }
  expect({ query, errors }).toEqual({ query, errors: [] });
  expect({ query, data }).toMatchObject({ query, data: expected });
  return named(JSON.stringify(data));
}

/** Waits until no task works on the image. */
async function untilReady(client: TestClient, name: string): Promise<void> {
  for (;;) {
    const { image } = await client.run('query ($name: String) { image(name: $name) { status } }', { name });
    if (image?.status !== 'PENDING') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs the steps one after the other and answers them as a chapter of Markdown. */
export async function transcribe({ ids, title, steps }: Chapter, speakers: Speakers, places: Places): Promise<string> {
  const lines: string[] = [];
  for (const step of steps) {
    const [who, query, , variables] = step;
    const waited = /^wait for (\S+)$/.exec(query)?.[1];
    if (waited !== undefined) {
      await untilReady(speakers[who] as TestClient, waited);
      continue;
    }
    const answer = await runStep(step, speakers, places);
    const given = variables === undefined ? '' : `  with ${JSON.stringify(variables)}`;
    lines.push(`${who}> ${query}${given}`, answer, '');
  }
  return `## ${ids}: ${title}\n\n\`\`\`\n${steady(lines.join('\n').trimEnd())}\n\`\`\`\n`;
}

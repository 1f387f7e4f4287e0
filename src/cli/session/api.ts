import { readFile } from 'node:fs/promises';
import { quoteValue } from '../../platform/message-text.js';
import { Refused, WrongCall } from '../command-error.js';
import { defineCommand } from '../command.js';
import { errorText } from '../server/gateway-client.js';

const LONGEST_DOCUMENT = 1024 * 1024;

/** Sends any GraphQL document, and prints the answer as JSON. */
export const api = defineCommand({
  usage: 'api <file>',
  summary: 'Send a GraphQL document, and print the answer as JSON.',
  notes: 'A value of --var that is JSON (a number, true, null, a list, an object, a quoted text) is sent as that, every other one as text.',
  examples: [
    ['api query.graphql --var name=debian-12', 'A document with a variable'],
    ["api - <<< '{ viewer { user { username } } }'", 'A document from stdin'],
  ],
  options: (parser) =>
    parser
      .positional('file', { type: 'string', demandOption: true, describe: 'File with the document; - is stdin' })
      .option('var', { type: 'string', array: true, default: [] as string[], describe: 'A variable, as name=debian-12; may be repeated' }),
  async run({ gateway, output, process: { terminal } }, { file, var: given }) {
    const variables = variablesOf(given);
    const document = await documentIn(file, terminal.stdin);
    const answer = await (await gateway()).send(document, variables);
    output.text(JSON.stringify(answer, null, 2));
    if (answer.errors !== undefined && answer.errors.length > 0) throw new Refused(errorText(answer.errors));
  },
});

function variablesOf(given: readonly string[]): Record<string, unknown> {
  const variables: Record<string, unknown> = Object.create(null);
  for (const text of given) {
    const [, name, value] = /^([_a-zA-Z]\w*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new WrongCall(`--var is ${quoteValue(text)}. Accepted: NAME=VALUE, such as --var name=debian-12.`);
    variables[name] = jsonOrText(value);
  }
  return variables;
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

async function documentIn(file: string, stdin: NodeJS.ReadStream): Promise<string> {
  // The parser makes an empty text of a lone dash.
  if (file !== '-' && file !== '') {
    return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new WrongCall(`${quoteValue(file)} cannot be read (${error.code ?? error.message}). Give a file with a GraphQL document, or - for stdin.`);
    });
  }
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > LONGEST_DOCUMENT) throw new WrongCall(`The document on stdin is longer than ${LONGEST_DOCUMENT} characters.`);
  }
  return text;
}

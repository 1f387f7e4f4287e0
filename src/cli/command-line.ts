import yargs, { type Argv } from 'yargs';
import { boundMessage, truncate } from '../platform/message-text.js';
import { CommandError, EXIT_CODES, WrongCall } from './command-error.js';
import type { GlobalOptions, OpenSession, Process, Session } from './command.js';
import { COMMANDS } from './commands.js';
import { wholeNumber } from './options.js';
import { Output } from './output/output.js';
import { printable } from './output/table.js';
import { GatewayClient } from './server/gateway-client.js';
import { signInOf } from './server/sign-in.js';

const PROGRAM = 'image-gateway';

const WIDEST_HELP = 120;
const WIDTH_OF_PAGE = 100;

/** Heads the options of every command in help. */
export const OF_EVERY_COMMAND = 'Options of every command:';

const EPILOGUE = `Without a command the gateway itself starts, as with "start".
Exit codes: 0 done, or nothing to do; 1 refused or failed; 2 wrong arguments or settings; 3 no answer.
GATEWAY_URL and GATEWAY_KEY win over what "login" has stored. NO_COLOR turns colours off.`;

/** Runs one command; answers the exit code of the process. Help, refusals and notes are written before. */
export async function runCommandLine(words: readonly string[], own: Process): Promise<number> {
  try {
    const { stdout } = own.terminal;
    const width = Math.min(WIDEST_HELP, stdout.isTTY ? stdout.columns : WIDEST_HELP);
    await parserOf(words, { version: own.version, width, open: (options) => sessionOf(options, own) }).parseAsync();
    return EXIT_CODES.done;
  } catch (error) {
    own.terminal.stderr.write(`${messageOf(error).split('\n').map(printable).join('\n')}\n`);
    return exitCodeOf(error);
  }
}

interface ParserOptions {
  version: string;
  /** Columns of the help. */
  width: number;
  open: OpenSession;
}

/** The parser with every command. */
function parserOf(words: readonly string[], options: ParserOptions): Argv<GlobalOptions> {
  return COMMANDS.reduce((parser, command) => command.addTo(parser, options.open), withGlobalOptions(yargs(words), words, options))
    .completion('completion', 'Print a completion script for bash or zsh, to be put into your profile.')
    .demandCommand(1, 1, 'Name a command.')
    .strict()
    .recommendCommands()
    .epilogue(EPILOGUE);
}

function withGlobalOptions(parser: Argv, words: readonly string[], { version, width }: ParserOptions): Argv<GlobalOptions> {
  return parser
    .scriptName(PROGRAM)
    .usage('$0 <command>')
    .parserConfiguration({ 'greedy-arrays': false, 'dot-notation': false, 'parse-positional-numbers': false })
    .locale('en')
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error && !isOfParser(error) ? error : wrongCall(message, words);
    })
    .version(version)
    .help()
    .check((given, known) => refuseRepeated(given, known as unknown as KnownOptions, words), true)
    .wrap(width)
    .option('output', { alias: 'o', type: 'string', choices: ['table', 'json'], default: 'table', describe: 'How results are printed' })
    .option('server', { type: 'string', describe: 'Address of the gateway; wins over GATEWAY_URL and the stored one' })
    .option('timeout', { type: 'number', default: 120, coerce: wholeNumber('timeout', 1, 3600), describe: 'Seconds that one answer may take' })
    .group(['output', 'server', 'timeout', 'help', 'version'], OF_EVERY_COMMAND);
}

/** The help of the program, and of every command by its words, for the page of the documentation. */
export async function helpTexts(): Promise<{ call: string; text: string }[]> {
  const open: OpenSession = () => {
    throw new Error('Help runs no command.');
  };
  const calls: (readonly string[])[] = [[], ...COMMANDS.flatMap(({ calls: words }) => words)];
  const texts = calls.map(async (words) => ({ call: [PROGRAM, ...words].join(' '), text: await parserOf(words, { version: '', width: WIDTH_OF_PAGE, open }).getHelp() }));
  return Promise.all(texts);
}

function sessionOf(options: GlobalOptions, own: Process): Session {
  const gateway = async (): Promise<GatewayClient> =>
    new GatewayClient({ ...(await signInOf(own.env, options.server)), timeoutMs: options.timeout * 1000 });
  return { process: own, options, gateway, output: new Output(own.terminal, options.output) };
}

/** What the parser knows of the options of a command. */
interface KnownOptions {
  string: readonly string[];
  number: readonly string[];
  boolean: readonly string[];
  array: readonly string[];
}

/** Of two values for an option that takes one, nobody knows which was meant. */
function refuseRepeated(given: object, known: KnownOptions, words: readonly string[]): true {
  const values = new Map<string, unknown>(Object.entries(given));
  const repeated = [...known.string, ...known.number, ...known.boolean].find((name) => Array.isArray(values.get(name)) && !known.array.includes(name));
  if (repeated !== undefined) throw wrongCall(`--${repeated} is given more than once.`, words);
  return true;
}

/** What the parser refuses, how the command is called, and where its help is. */
function wrongCall(message: string | null, words: readonly string[]): WrongCall {
  const { call, usage } = commandOf(words);
  const lines = [boundMessage(clearer(message ?? 'This cannot be understood.', words[call.length] ?? '')), ...(usage === null ? [] : [`Usage: ${PROGRAM} ${usage}`]), `See "${[PROGRAM, ...call].join(' ')} --help".`];
  return new WrongCall(lines.join('\n'));
}

/** The parser speaks of "non-option arguments", and suggests a command without the word that it does not know. */
function clearer(message: string, word: string): string {
  if (message.startsWith('Did you mean')) return `Unknown command: ${truncate(word)}. ${message}`;
  return message.replace(/^(Not enough|Too many) non-option arguments: got (\d+), (need at least|maximum of) (\d+)$/, '$1 arguments: $2 given, $3 $4.');
}

/** The command, or the group of commands, that the words begin with, and its usage if it is a command. */
function commandOf(words: readonly string[]): { call: readonly string[]; usage: string | null } {
  let call: readonly string[] = [];
  for (const { calls, usages } of COMMANDS) {
    for (const [at, one] of calls.entries()) {
      const differing = one.findIndex((word, index) => word !== words[index]);
      if (differing === -1) return { call: one, usage: usages[at] ?? null };
      if (differing > call.length) call = one.slice(0, differing);
    }
  }
  return { call, usage: null };
}

function isOfParser(error: Error): boolean {
  return error.name === 'YError';
}

function exitCodeOf(error: unknown): number {
  return error instanceof CommandError ? error.exitCode : EXIT_CODES.refused;
}

function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? boundMessage(error.message) : 'The command failed for an unknown reason.';
}

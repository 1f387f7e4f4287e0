import yargs, { type Argv } from 'yargs';
import { boundMessage } from '../platform/message-text.js';
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
Exit codes: 0 done or already so, 1 refused or failed, 2 wrong call, 3 not reachable.
GATEWAY_URL and GATEWAY_KEY go before what "login" keeps. NO_COLOR turns colours off.`;

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
  return COMMANDS.reduce((parser, command) => command.addTo(parser, options.open), withGlobalOptions(yargs(words), options))
    .completion('completion', 'Print a completion script for bash or zsh, to be put into your profile.')
    .demandCommand(1, 1, 'Name a command.')
    .strict()
    .recommendCommands()
    .epilogue(EPILOGUE);
}

function withGlobalOptions(parser: Argv, { version, width }: ParserOptions): Argv<GlobalOptions> {
  return parser
    .scriptName(PROGRAM)
    .usage('$0 <command>')
    .parserConfiguration({ 'greedy-arrays': false, 'dot-notation': false, 'parse-positional-numbers': false })
    .locale('en')
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error && !isOfParser(error) ? error : wrongCall(message);
    })
    .version(version)
    .help()
    .check((given, known) => refuseRepeated(given, known as unknown as KnownOptions), true)
    .wrap(width)
    .option('output', { alias: 'o', type: 'string', choices: ['table', 'json'], default: 'table', describe: 'How results are printed' })
    .option('server', { type: 'string', describe: 'Address of the gateway, before GATEWAY_URL and the login' })
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
function refuseRepeated(given: object, known: KnownOptions): true {
  const values = new Map<string, unknown>(Object.entries(given));
  const repeated = [...known.string, ...known.number, ...known.boolean].find((name) => Array.isArray(values.get(name)) && !known.array.includes(name));
  if (repeated !== undefined) throw wrongCall(`--${repeated} is given more than once.`);
  return true;
}

/** What the parser refuses; its own words, and where to read more. */
function wrongCall(message: string | null): WrongCall {
  return new WrongCall(`${boundMessage(message ?? 'This cannot be understood.')}\nSee "${PROGRAM} --help", and --help after a command.`);
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

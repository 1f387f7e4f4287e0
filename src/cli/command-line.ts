import yargs, { type Argv } from 'yargs';
import { shortened } from '../platform/shown.js';
import { CommandError, EXIT_CODES, WrongCall } from './command-error.js';
import type { GlobalOptions, Process, Session } from './command.js';
import { COMMANDS } from './commands.js';
import { wholeNumber } from './options.js';
import { Output } from './output/output.js';
import { GatewayClient } from './server/gateway-client.js';
import { signInOf } from './server/sign-in.js';

const PROGRAM = 'image-gateway';

const WIDEST_HELP = 120;

const EPILOGUE = `Without a command the gateway itself starts, as with "start".
Exit codes: 0 done or already so, 1 refused or failed, 2 wrong call, 3 not reachable.
GATEWAY_URL and GATEWAY_KEY go before what "login" keeps. NO_COLOR turns colours off.`;

/** Runs one command; answers the exit code of the process. Help, refusals and notes are written before. */
export async function runCommandLine(words: readonly string[], own: Process): Promise<number> {
  try {
    await parserOf(words, own).parseAsync();
    return EXIT_CODES.done;
  } catch (error) {
    own.terminal.stderr.write(`${messageOf(error)}\n`);
    return exitCodeOf(error);
  }
}

/** The parser with every command, for help and for completion. */
export function parserOf(words: readonly string[], own: Process): Argv<GlobalOptions> {
  const open = (options: GlobalOptions): Session => sessionOf(options, own);
  let parser = withGlobalOptions(yargs(words), own);
  for (const command of COMMANDS) parser = command(parser, open);
  return parser
    .completion('completion', 'Print a completion script for bash or zsh, to be put into your profile.')
    .demandCommand(1, 1, 'Name a command.')
    .strict()
    .recommendCommands()
    .epilogue(EPILOGUE);
}

function withGlobalOptions(parser: Argv, { version, terminal }: Process): Argv<GlobalOptions> {
  return parser
    .scriptName(PROGRAM)
    .usage('$0 <command>')
    .parserConfiguration({ 'greedy-arrays': false, 'duplicate-arguments-array': false, 'dot-notation': false, 'parse-positional-numbers': false })
    .locale('en')
    .exitProcess(false)
    .fail((message: string | null, error: unknown) => {
      throw error instanceof Error && !isOfParser(error) ? error : wrongCall(message);
    })
    .version(version)
    .help()
    .wrap(Math.min(WIDEST_HELP, terminal.stdout.isTTY ? terminal.stdout.columns : WIDEST_HELP))
    .option('output', { alias: 'o', type: 'string', choices: ['table', 'json'], default: 'table', describe: 'How results are printed' })
    .option('server', { type: 'string', describe: 'Address of the gateway, before GATEWAY_URL and the login' })
    .option('timeout', { type: 'number', default: 120, coerce: wholeNumber('timeout', 1, 3600), describe: 'Seconds that one answer may take' });
}

function sessionOf(options: GlobalOptions, own: Process): Session {
  const gateway = async (): Promise<GatewayClient> =>
    new GatewayClient({ ...(await signInOf(own.env, options.server)), timeoutMs: options.timeout * 1000 });
  return { process: own, options, gateway, output: new Output(own.terminal, options.output) };
}

/** What the parser refuses; its own words, and where to read more. */
function wrongCall(message: string | null): WrongCall {
  return new WrongCall(`${shortened(message ?? 'This cannot be understood.')}\nSee "${PROGRAM} --help", and --help after a command.`);
}

function isOfParser(error: Error): boolean {
  return error.name === 'YError';
}

function exitCodeOf(error: unknown): number {
  return error instanceof CommandError ? error.exitCode : EXIT_CODES.refused;
}

function messageOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  return error instanceof Error ? shortened(error.message) : 'The command failed for an unknown reason.';
}

import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Output } from './output/output.js';
import type { GatewayClient } from './server/gateway-client.js';
import type { Environment, Terminal } from './terminal.js';

/** What main.ts hands to the command line: its own process, and how to run the gateway in it. */
export interface Process {
  env: Environment;
  terminal: Terminal;
  version: string;
  /** Runs the gateway, or the demo, until a signal ends the process. */
  startGateway(isDemo: boolean): Promise<void>;
}

export interface GlobalOptions {
  output: string;
  server: string | undefined;
  timeout: number;
}

/** What a command works with while it runs. */
export interface Session {
  process: Process;
  options: GlobalOptions;
  output: Output;
  /** The gateway that the options, the environment or the login name. Throws WrongCall when none is named, or no key. */
  gateway(): Promise<GatewayClient>;
}

export type OpenSession = (options: GlobalOptions) => Session;

/** One command, or a group of them. */
export interface Command {
  /** The words that call each command: `['images', 'ls']`. */
  calls: readonly (readonly string[])[];
  /** Each call with its arguments: `images show <name>`. */
  usages: readonly string[];
  addTo(parser: Argv<GlobalOptions>, open: OpenSession): Argv<GlobalOptions>;
}

interface Definition<Options> {
  /** Name and positional arguments, as yargs writes them: `show <name>`. */
  usage: string | readonly string[];
  summary: string;
  /** Command lines without the program's name, and what each does. */
  examples?: readonly (readonly [string, string])[];
  notes?: string;
  options(parser: Argv<GlobalOptions>): Argv<Options>;
  run(session: Session, options: ArgumentsCamelCase<Options>): Promise<void>;
}

/** One command of the command line. */
export function defineCommand<Options extends GlobalOptions>({ usage, summary, examples = [], notes, options, run }: Definition<Options>): Command {
  const [full = ''] = [usage].flat();
  const [name = ''] = full.split(' ', 1);
  const addTo: Command['addTo'] = (parser, open) =>
    parser.command(
      usage,
      summary,
      (own) => {
        for (const [line, meaning] of examples) own.example(`$0 ${line}`, meaning);
        return options(notes === undefined ? own : own.epilogue(notes));
      },
      async (parsed) => run(open(parsed), parsed),
    );
  return { calls: [[name]], usages: [full], addTo };
}

/** Commands below a common word, such as `images ls`. */
export function defineGroup(name: string, summary: string, commands: readonly Command[]): Command {
  const addTo: Command['addTo'] = (parser, open) =>
    parser.command(name, summary, (own) => {
      const filled = commands.reduce((one, command) => command.addTo(one, open), own);
      return filled.demandCommand(1, 1, `Name one of the commands of "${name}".`);
    });
  return { calls: commands.flatMap(({ calls }) => calls.map((call) => [name, ...call])), usages: commands.flatMap(({ usages }) => usages.map((usage) => `${name} ${usage}`)), addTo };
}

import 'reflect-metadata';
import { existsSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Gateway } from './app.js';
import { type Config, ConfigError, type Limits, readConfig } from './config/config.js';
import { unknownSettingsWarning } from './config/unknown-settings.js';
import { StartRefusal } from './platform/start-refusal.js';
import { createLog, type LogOutput } from './platform/log.js';
import { redactLogLine } from './platform/fetch/redact-text.js';
import { DEMO_DATA_DIR } from './demo/data-dir.js';
import { packageVersion } from './platform/version.js';
import { startFault } from './start-fault.js';

/** V8's compile cache for the next start. It lies beside the code, so only those who may change the code can change it. */
const COMPILED_FOLDER = fileURLToPath(new URL('./compiled', import.meta.url));

/** How whoever sees this message makes a key: in a checkout npx finds the command, in an installed package it has its own name. */
function resetCommand(): string {
  return existsSync(new URL('../scripts/token.js', import.meta.url)) ? 'npx image-gateway admin reset' : 'image-gateway admin reset';
}

/** A worker may be the first to start on an empty database, and is then the only one that knows the key. */
function welcomeOfWorker({ publicUrl, firstKey }: Gateway): string {
  const health = `    Health, metrics  ${publicUrl}/readyz, ${publicUrl}/metrics\n`;
  if (firstKey === null) return `\n  The worker of the image gateway is running.\n${health}`;
  return `
  The worker of the image gateway is running, with an empty catalogue.
    Sign in as admin, where the API runs:  /graphiql#token=${firstKey}
    (this key is shown once; if it is lost, make another one: ${resetCommand()})
${health}`;
}

function welcome(gateway: Gateway, config: Config): string {
  if (!config.run.api) return welcomeOfWorker(gateway);
  const graphiql = `${gateway.publicUrl}/graphiql`;
  if (gateway.firstKey === null) {
    return `
  The image gateway is running.
    GraphiQL      ${graphiql}
    GraphQL       ${gateway.publicUrl}/graphql
    Image server  ${gateway.publicUrl}/imgapi
  Sign in with a key you have; if all are lost, make one: ${resetCommand()}
`;
  }
  return `
  The image gateway is running, with an empty catalogue.
    Sign in here, as admin:  ${graphiql}#token=${gateway.firstKey}
    (this key is shown once; if it is lost, make another one: ${resetCommand()})
    Image server             ${gateway.publicUrl}/imgapi
  Next: name an image repository and load it, as the README shows under "To your first image".
`;
}

/** What a stop may take beside the requests that it lets end; a process manager kills what takes longer than it is willing to wait, often half a minute. */
const STOP_MS = 10_000;

function stopOnSignals(gateway: Gateway, { operationTimeoutMs, shutdownDelayMs }: Limits, log: ReturnType<typeof createLog>): void {
  const longestMs = shutdownDelayMs + operationTimeoutMs + STOP_MS;
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'Stopping: no new requests, running ones may end.');
    // The database rolls back open transactions, and the next start resumes tasks.
    setTimeout(() => {
      log.error({ seconds: longestMs / 1000 }, 'The gateway did not stop in time, and is ended.');
      process.exit(1);
    }, longestMs).unref();
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'The gateway did not stop cleanly.');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

function isPretty({ logFormat }: Config): boolean {
  return logFormat === 'pretty' || (logFormat === 'auto' && process.stderr.isTTY);
}

/** Loaded only for those who look at a terminal. */
async function prettyOutput(): Promise<LogOutput> {
  const { prettyLines } = await import('./platform/log-pretty.js');
  return { show: prettyLines({ colors: process.stderr.isTTY && !process.env['NO_COLOR'] }) };
}

async function run(config: Config, isDemo: boolean, warning: string | null): Promise<void> {
  const log = createLog(config.logLevel, isPretty(config) ? await prettyOutput() : {});
  if (warning !== null) log.warn(warning);
  if (isDemo) {
    const { startDemo } = await import('./demo/demo.js');
    const demo = await startDemo(config, log);
    stopOnSignals(demo, config.limits, log);
    process.stdout.write(demo.welcome);
    return;
  }
  const { startGateway } = await import('./app.js');
  const gateway = await startGateway(config, log);
  // Before the message: whoever waits for it may send a signal at once.
  stopOnSignals(gateway, config.limits, log);
  process.stdout.write(welcome(gateway, config));
  // Now, so that a process that is killed later has written it. A folder that cannot be written is ignored.
  flushCompileCache();
}

/** One sentence for what whoever starts the gateway can mend; the stack for anything else. */
function messageOf(error: unknown, config: Config | null): string {
  // Faults of settings show no secret, and URLs as examples of what is accepted, of which nothing must be missing.
  if (error instanceof ConfigError) return error.message;
  const message = error instanceof StartRefusal ? error.message : (config === null ? null : startFault(error, config)) ?? String((error as Error).stack);
  return redactLogLine(message);
}

/** The words of the command line that run the gateway itself, which then starts without reading the commands first. */
function isStart(words: readonly string[]): boolean {
  return words.length === 0 || (words.length === 1 && ['start', 'demo', '--demo'].includes(words[0] ?? ''));
}

async function startGatewayHere(isDemo: boolean): Promise<void> {
  let config: Config | null = null;
  try {
    enableCompileCache(COMPILED_FOLDER);
    config = readConfig(isDemo ? { DATA_DIR: DEMO_DATA_DIR, ...process.env } : process.env);
    await run(config, isDemo, unknownSettingsWarning(process.env));
  } catch (error) {
    process.stderr.write(`${messageOf(error, config)}\n`);
    process.exit(1);
  }
}

async function runCommand(words: readonly string[]): Promise<void> {
  enableCompileCache(COMPILED_FOLDER);
  const { runCommandLine } = await import('./cli/command-line.js');
  // What reads the output may end first, such as "head".
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const { stdin, stdout, stderr } = process;
  process.exitCode = await runCommandLine(words, {
    env: process.env,
    terminal: { stdin, stdout, stderr },
    version: packageVersion(),
    startGateway: startGatewayHere,
  });
}

// What this process writes is for its user only: the database, secrets, images, backups.
process.umask(0o077);
const words = process.argv.slice(2);
await (isStart(words) ? startGatewayHere(words[0]?.endsWith('demo') === true) : runCommand(words));

import { type Config, ConfigError, readConfig } from '../../config/config.js';
import { Refused } from '../command-error.js';
import { defineCommand, type Process } from '../command.js';
import { checkAddresses, checkDatabase, checkFolder, type Finding, finding } from './doctor-checks.js';
import { checkStore } from './doctor-store.js';

/** Looks at everything the gateway needs, beside a running or a stopped one, and changes nothing. */
export const doctor = defineCommand({
  usage: 'doctor',
  summary: 'Check the settings and everything that the gateway needs: one line for each, with what to do.',
  notes: 'Run it with the environment of the gateway. Exit code 1 when there is a fault; a warning is none.',
  options: (parser) => parser,
  async run({ process, output }) {
    const findings = await examine(process);
    output.list({ rows: findings, hasMore: false }, [
      { title: 'WHAT', of: ({ what }) => what },
      { title: 'HEALTH', of: ({ health }) => health },
      { title: 'DETAIL', of: ({ detail }) => detail },
      { title: 'WHAT TO DO', of: ({ advice }) => advice },
    ]);
    const faults = findings.filter(({ health }) => health === 'fault');
    if (faults.length > 0) throw new Refused(faults.length === 1 ? 'There is a fault.' : `There are ${faults.length} faults.`);
  },
});

async function examine({ env, version }: Process): Promise<Finding[]> {
  const program = finding('Program', 'ok', `image-gateway ${version}, Node ${process.versions.node}, ${process.platform} on ${process.arch}`);
  try {
    return [program, finding('Settings', 'ok', 'can be used'), ...(await examineWith(readConfig(env)))];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [program, ...error.faults.map((fault) => finding('Settings', 'fault', fault, 'Set it to what is accepted.'))];
  }
}

async function examineWith(config: Config): Promise<Finding[]> {
  const [folder, store, database, addresses] = await Promise.all([
    checkFolder('Data folder', config.dataDir, 'DATA_DIR'),
    checkStore(config),
    checkDatabase(config),
    checkAddresses(config),
  ]);
  return [folder, database, store, ...addresses];
}

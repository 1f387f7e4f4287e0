import { type Config, ConfigError, configHelp, describedSettings, readConfig } from '../../config/config.js';
import { unknownSettingsWarning } from '../../config/unknown-settings.js';
import { nameOfLocation } from '../../platform/store/open-store.js';
import { Refused } from '../command-error.js';
import { defineCommand } from '../command.js';

/** Reads the settings as a start would. */
export const checkConfig = defineCommand({
  usage: 'check',
  summary: 'Check the settings of the environment, one line for each fault.',
  options: (parser) => parser,
  async run({ process: { env }, output }) {
    try {
      const summary = summaryOf(readConfig(env));
      output.done(['The settings can be used.', unknownSettingsWarning(env)].filter((text) => text !== null).join(' '), summary);
    } catch (error) {
      throw error instanceof ConfigError ? new Refused(error.faults.join('\n')) : error;
    }
  },
});

/** Lists every setting with its default. */
export const listConfig = defineCommand({
  usage: ['ls', 'list'],
  summary: 'List the settings with their defaults.',
  options: (parser) => parser,
  run: async ({ output }) => (output.isJson ? output.done('', describedSettings()) : output.text(configHelp())),
});

/** What is no secret. */
function summaryOf({ host, port, publicUrl, dataDir, database, imageStore }: Config) {
  return { host, port, publicUrl, dataDir, database: database.kind, imageStore: nameOfLocation(imageStore) };
}

import { configHelp } from '../../config/config.js';
import { defineCommand } from '../command.js';

/** Runs the gateway until a signal ends it. */
export const start = defineCommand({
  usage: 'start',
  summary: 'Run the gateway here, with the settings of the environment.',
  notes: configHelp(),
  options: (parser) => parser,
  run: async ({ process }) => process.startGateway(false),
});

/** Runs the gateway with a sample world, in a folder of its own. */
export const demo = defineCommand({
  usage: 'demo',
  summary: 'Run the gateway here with sample data, to try it.',
  options: (parser) => parser,
  run: async ({ process }) => process.startGateway(true),
});

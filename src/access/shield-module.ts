import { createRequire } from 'node:module';

// The ESM build of graphql-shield imports a function that Node has dropped, so both are loaded as CommonJS; and both
// together, as applyMiddleware knows shield's generator only when it comes from the same module system.
const require = createRequire(import.meta.url);
const shieldModule = require('graphql-shield') as typeof import('graphql-shield');
const middlewareModule = require('graphql-middleware') as typeof import('graphql-middleware');

export const { shield, rule, deny } = shieldModule;
export const { applyMiddleware } = middlewareModule;

import { registerHooks } from 'node:module';

// For the comparison of permissions on and off: the gateway with a shield that guards nothing.
const OPEN = `const open = () => true;
export const shielded = (schema) => schema;
export const shieldedBelowTheRoot = (schema) => schema;
export const rootCheck = () => open;
`;

registerHooks({
  load(url, context, nextLoad) {
    if (!url.endsWith('/dist/modules/access/shield.js')) return nextLoad(url, context);
    return { format: 'module', source: OPEN, shortCircuit: true };
  },
});

import { Initial } from './2026-11-24-initial.js';

/** Oldest first; a migration that has been released never changes. */
export const postgresMigrations = [Initial];

/** The demo's default for DATA_DIR, so that it never writes into the folder of a real gateway. */
export const DEMO_DATA_DIR = 'data/demo';

/** Where the demo keeps its data unless DATA_DIR says otherwise: never in the folder of a real gateway. */
export const DEMO_DATA_DIR = 'data/demo';

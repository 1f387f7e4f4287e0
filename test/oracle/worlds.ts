import { type BuiltWorld, buildWorld } from './build-world.js';
import { fc } from '../support/random.js';
import { type WorldPlan, worldPlans } from './world.js';

/** ORACLE_WORLDS asks for a longer run; ORACLE_SHRINK=off reports the first failure as it is, without looking for a smaller one. */
export const WORLDS = Number(process.env.ORACLE_WORLDS ?? 2);

const KEPT = WORLDS + 1;
const built = new Map<string, Promise<BuiltWorld>>();

/** The gateway that holds the planned world; those used last stay up for the next question. */
async function worldOf(plan: WorldPlan): Promise<BuiltWorld> {
  const key = JSON.stringify(plan);
  const found = built.get(key) ?? buildWorld(plan);
  built.delete(key);
  built.set(key, found);
  for (const oldest of [...built.keys()].slice(0, Math.max(0, built.size - KEPT))) await discard(oldest);
  return found;
}

async function discard(key: string): Promise<void> {
  const world = built.get(key);
  built.delete(key);
  await (await world?.catch(() => undefined))?.close();
}

export async function closeWorlds(): Promise<void> {
  await Promise.all([...built.keys()].map(discard));
}

/**
 * Holds a property against random worlds, the same ones for every property of a run. A failure names the seed and the
 * smallest world found that shows it. With `changes`, each world is for this property alone, and there are half as many.
 */
export async function inEveryWorld(check: (world: BuiltWorld) => Promise<void>, changes = false): Promise<void> {
  const property = fc.asyncProperty(worldPlans, async (plan) => {
    const world = changes ? await buildWorld(plan) : await worldOf(plan);
    try {
      await check(world);
    } catch (error) {
      const { exitCode, signalCode } = world.gateway.child;
      if (exitCode === null && signalCode === null) throw error;
      throw new Error(`The gateway ended with ${exitCode ?? signalCode}: ${world.gateway.output()}`, { cause: error });
    } finally {
      if (changes) await world.close();
    }
  });
  await fc.assert(property, { numRuns: changes ? Math.ceil(WORLDS / 2) : WORLDS, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: false, endOnFailure: process.env.ORACLE_SHRINK === 'off' });
}

import { createRequire } from 'node:module';

type Faults = { field: string; code: string; message?: string }[] | null;
type Validator = (manifest: Record<string, unknown>) => Faults;

/** The validators of the reference implementation, which imgadm and image servers call. */
interface Imgmanifest {
  validateMinimalManifest: Validator;
  validateDcManifest: Validator;
  validatePublicManifest: Validator;
  validatePrivateManifest: Validator;
}

const reference = createRequire(import.meta.url)('imgmanifest') as Imgmanifest;

/** What imgadm finds wrong with a manifest, and each kind of server that imports it. */
export function referenceFaults(shown: Record<string, unknown>): Faults[] {
  // A server computes `activated` from the state before it validates.
  const { v, ...rest } = shown;
  const activated = { v, ...rest, activated: true };
  const ownMode = shown.public === true ? reference.validatePublicManifest : reference.validatePrivateManifest;
  return [reference.validateMinimalManifest({ ...shown }), reference.validateDcManifest(activated), ownMode(activated)].filter((faults) => faults !== null);
}

import type { DatacenterRef, Verdict, Viewer } from '../../access/viewer.js';

/** Whether the viewer may import an image that is bound to the datacenter; null: to none. */
export function mayImportInto(viewer: Viewer, datacenter: DatacenterRef | null): Verdict {
  return datacenter === null ? viewer.can('image.importUnbound') : viewer.can('image.import', { datacenter });
}

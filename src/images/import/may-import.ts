import type { DatacenterRef, Verdict, Viewer } from '../../access/viewer.js';

/** May the viewer import an image bound to that datacenter; null: bound to none? */
export function mayImportInto(viewer: Viewer, datacenter: DatacenterRef | null): Verdict {
  return datacenter === null ? viewer.can('image.importUnbound') : viewer.can('image.import', { datacenter });
}

/** What a group grants in the datacenters it is attached to. IMAGE_ADMIN without ADMIN is worth nothing. */
export const PERMISSIONS = ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'] as const;
export type Permission = (typeof PERMISSIONS)[number];

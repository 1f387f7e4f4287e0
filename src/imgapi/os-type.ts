/** The kind of system in an image; a server's OS type must equal that of the image on its disk. */
export const OS_TYPES = ['LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'] as const;
export type OsType = (typeof OS_TYPES)[number];

const BY_ZVOL_OS: ReadonlyMap<string, OsType> = new Map([
  ['smartos', 'SUNOS_VM'],
  ['illumos', 'SUNOS_VM'],
  ['bsd', 'BSD_VM'],
  ['freebsd', 'BSD_VM'],
  ['netbsd', 'BSD_VM'],
  ['openbsd', 'BSD_VM'],
  ['windows', 'WINDOWS_VM'],
  ['linux', 'LINUX_VM'],
  ['other', 'LINUX_VM'],
]);

/**
 * Maps a manifest's `type` and `os`. Null: this cloud cannot run such an image (docker, lxd, other, …). The type of a zone decides
 * alone, whatever its `os`; an unknown `os` of a disk counts as `other`.
 */
export function osTypeOf(type: string, os: string): OsType | null {
  if (type === 'zone-dataset') return 'SUNOS_ZONE';
  if (type === 'lx-dataset') return 'LINUX_ZONE';
  if (type !== 'zvol') return null;
  return BY_ZVOL_OS.get(os.toLowerCase()) ?? 'LINUX_VM';
}

const KIND: Readonly<Record<OsType, { type: string; os: string }>> = {
  LINUX_VM: { type: 'zvol', os: 'linux' },
  WINDOWS_VM: { type: 'zvol', os: 'windows' },
  BSD_VM: { type: 'zvol', os: 'bsd' },
  SUNOS_VM: { type: 'zvol', os: 'smartos' },
  SUNOS_ZONE: { type: 'zone-dataset', os: 'smartos' },
  LINUX_ZONE: { type: 'lx-dataset', os: 'linux' },
};

/** The `type` and `os` in a new manifest for an OS type; the inverse of `osTypeOf`. */
export function manifestKindOf(osType: OsType): { type: string; os: string } {
  return KIND[osType];
}

const PUBLISHED_OS = ['smartos', 'linux', 'windows', 'bsd', 'illumos', 'other'];

/** The `os` that a published manifest has for that of its source: IMGAPI accepts six. */
export function publishedOs(os: string): string {
  const name = os.toLowerCase();
  if (PUBLISHED_OS.includes(name)) return name;
  return BY_ZVOL_OS.get(name) === 'BSD_VM' ? 'bsd' : 'other';
}

/** Whether published manifests may have this `os`. */
export function isPublishedOs(os: string): boolean {
  return PUBLISHED_OS.includes(os);
}

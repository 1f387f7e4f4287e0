/** What kind of system an image holds; a server's OS type must equal that of the image on its disk. */
export const OS_TYPES = ['LINUX_VM', 'WINDOWS_VM', 'BSD_VM', 'SUNOS_VM', 'SUNOS_ZONE', 'LINUX_ZONE'] as const;
export type OsType = (typeof OS_TYPES)[number];

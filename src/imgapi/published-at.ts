const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Milliseconds of a date as real manifests write it: with any number of decimals, without seconds, without a time,
 * with or without a zone (none counts as UTC). Null for anything else and for days that do not exist.
 */
export function readPublishedAt(written: string): number | null {
  const match = WRITTEN.exec(written.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (hour > 23 || minute > 59 || second > 60) return null;
  const days = new Date(0);
  days.setUTCFullYear(year, month - 1, day);
  if (days.getUTCMonth() !== month - 1 || days.getUTCDate() !== day) return null;
  const millis = Math.trunc(Number(`0.${match[7] ?? 0}`) * 1000);
  return days.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millis - zoneMs(match[8]);
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

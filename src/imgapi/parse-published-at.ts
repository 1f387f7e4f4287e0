const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Parses a date as real manifests write it, to milliseconds: with any number of decimals, without seconds or without a time, with or
 * without a zone (none is UTC). Returns null for anything else and for days that do not exist.
 */
export function parsePublishedAt(text: string): number | null {
  const match = DATE.exec(text.trim());
  if (match === null) return null;
  const [, y, mo, d, h = 0, mi = 0, s = 0, decimals, zone] = match;
  const [month, day, hour, minute, second] = [Number(mo), Number(d), Number(h), Number(mi), Number(s)];
  if (hour > 23 || minute > 59 || second > 60) return null;
  const days = new Date(0);
  days.setUTCFullYear(Number(y), month - 1, day);
  if (days.getUTCMonth() !== month - 1 || days.getUTCDate() !== day) return null;
  const millis = decimals === undefined ? 0 : Math.trunc(Number(`0.${decimals}`) * 1000);
  return days.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + millis - zoneMs(zone);
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

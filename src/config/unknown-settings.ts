import { settings } from './config-table.js';

/** A variable that looks like a setting and is none, and the setting that is most like it. */
export interface UnknownSetting {
  name: string;
  nearest: string;
}

const KNOWN = Object.keys(settings);
/** Read by the commands of `image-gateway` and by libraries, not by the table of settings. */
const KNOWN_ELSEWHERE = new Set(['GATEWAY_URL', 'GATEWAY_KEY', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NO_COLOR', 'FORCE_COLOR']);
/** First words that other programs do not begin their variables with. */
const OUR_FIRST_WORDS = /^(?:AUTH|COMPILED|COST|DATABASE|FETCH|GRAPHIQL|IMAGE_STORE|IMGAPI|METRICS|OPERATIONS?|REFRESH|SOCKETS|STATEMENT|TRUST|TRUSTED)_/;
/** Variables that Kubernetes sets for a service, which may be called "database". */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT(?:_\d+_(?:TCP|UDP)(?:_|$)|$)/;
const LONGEST_NAME = 64;
const MOST_NAMES = 20;

/** The variables of an environment that are probably settings with a typing error, at most 20. Looks at names only. */
function unknownSettings(env: Readonly<Record<string, string | undefined>>): UnknownSetting[] {
  const names = Object.keys(env).filter((name) => /^\w+$/.test(name) && name.length <= LONGEST_NAME && !KNOWN.includes(name) && !KNOWN_ELSEWHERE.has(name));
  return names.flatMap((name) => likeASetting(name) ?? []).slice(0, MOST_NAMES);
}

function likeASetting(name: string): UnknownSetting | null {
  const upper = name.toUpperCase();
  // "port" and "host" in lower case belong to others; "data_dir" is ours.
  if (name !== upper && !(name.includes('_') && KNOWN.includes(upper))) return null;
  const [nearest, distance] = nearestTo(upper);
  const isLike = distance <= mostEdits(upper) || (OUR_FIRST_WORDS.test(upper) && !OF_KUBERNETES.test(upper));
  return isLike ? { name, nearest } : null;
}

/** Among short names, one changed letter makes another word. */
function mostEdits({ length }: string): number {
  return length < 5 ? 0 : Math.max(1, Math.min(3, Math.floor(length / 4)));
}

function nearestTo(name: string): [setting: string, distance: number] {
  let best: [string, number] = ['', Infinity];
  for (const setting of KNOWN) {
    const distance = Math.min(edits(name, setting), isPartOf(name, setting) ? 1 : Infinity);
    if (distance < best[1]) best = [setting, distance];
  }
  return best;
}

/** Whether words are missing at the beginning, or are too many at the end: JWT_SECRET, DATABASE_POOL_SIZE, DATA_DIRECTORY. */
function isPartOf(name: string, setting: string): boolean {
  return name.includes('_') && setting.includes('_') && (setting.endsWith(`_${name}`) || name.startsWith(setting) || setting.startsWith(`${name}_`));
}

/** How many letters differ, are missing, are too many or have changed places with the next (optimal string alignment). */
function edits(one: string, other: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: other.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (last.at(j - 1) ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      let least = Math.min(change, (last.at(j) ?? 0) + 1, (row.at(j - 1) ?? 0) + 1);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) least = Math.min(least, (beforeLast.at(j - 2) ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last.at(-1) ?? 0;
}

/** One sentence for all of them; null where there are none. It shows no values. */
export function unknownSettingsWarning(env: Readonly<Record<string, string | undefined>>): string | null {
  const unknown = unknownSettings(env);
  if (unknown.length === 0) return null;
  const listed = unknown.map(({ name, nearest }) => `${name} (do you mean ${nearest}?)`).join(', ');
  return `The environment has what looks like settings and is ignored: ${listed}.`;
}

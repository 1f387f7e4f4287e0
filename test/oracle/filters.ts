import type { CallerAction } from '../../src/access/matrix.js';
import type { Facts, ImageFacts } from './facts.js';
import { isAmong, refuse } from './lists.js';
import type { Rules } from './rules.js';

/** One field of `ImageFilter`: which images meet a value, for whom, and values to ask every world for. */
interface FilterCase {
  meets: (image: ImageFacts, value: never, rules: Rules) => boolean;
  values: (facts: Facts) => readonly unknown[];
  /** What the user must be allowed to do, to filter by it at all. */
  demands?: CallerAction;
}

function filterCase<Value>(meetsValue: (image: ImageFacts, value: Value, rules: Rules) => boolean, values: (facts: Facts) => readonly Value[], demands?: CallerAction): FilterCase {
  return { meets: meetsValue, values, ...(demands && { demands }) };
}

type Filter = Readonly<Record<string, unknown>>;

const FLAGS = (): boolean[] => [true, false];
const middleOf = ({ images }: Facts): ImageFacts[] => images.slice(Math.floor(images.length / 2)).slice(0, 1);
const NO_UUID = '00000000-0000-4000-8000-000000000000';

/** Every field of the filter by its name; a law compares the names with the schema. */
export const FILTER_CASES: Readonly<Record<string, FilterCase>> = {
  search: filterCase<string>(
    ({ name, alias, description }, text) => `${name}\n${alias}\n${description}`.toLowerCase().includes(text.toLowerCase()),
    () => ['ALIAS', 'age1', 'x', ''],
  ),
  access: filterCase<string[]>(({ access }, wanted) => isAmong(wanted, access), () => [['PRIVATE'], ['PUBLIC', 'DELETED'], []]),
  osType: filterCase<string[]>(({ kind }, wanted) => isAmong(wanted, kind), () => [['BSD_VM'], ['LINUX_VM', 'SUNOS_ZONE']]),
  status: filterCase<string[]>((_image, wanted) => isAmong(wanted, 'OK'), () => [['OK'], ['PENDING']]),
  dcBound: filterCase<boolean>(({ bound }, wanted) => (bound !== null) === wanted, FLAGS),
  owner: filterCase<string>(({ owner }, wanted) => owner === wanted, ({ users }) => [...users.slice(0, 2).map(({ username }) => username), 'nobody']),
  tags: filterCase<string[]>(({ tags }, wanted) => wanted.every((tag) => tags.includes(tag)), () => [['web'], ['web', 'db'], ['none']]),
  resize: filterCase<boolean>(({ resize }, wanted) => resize === wanted, FLAGS),
  deploy: filterCase<boolean>(({ deploy }, wanted) => deploy === wanted, FLAGS),
  createdAfter: filterCase<string>(({ createdAt }, date) => Date.parse(createdAt) > Date.parse(date), (facts) => middleOf(facts).map(({ createdAt }) => createdAt)),
  createdBefore: filterCase<string>(({ createdAt }, date) => Date.parse(createdAt) < Date.parse(date), (facts) => middleOf(facts).map(({ createdAt }) => createdAt)),
  updatedAfter: filterCase<string>(({ updatedAt }, date) => Date.parse(updatedAt) > Date.parse(date), (facts) => middleOf(facts).map(({ updatedAt }) => updatedAt)),
  updatedBefore: filterCase<string>(({ updatedAt }, date) => Date.parse(updatedAt) < Date.parse(date), (facts) => middleOf(facts).map(({ updatedAt }) => updatedAt)),
  name: filterCase<string[]>(({ name }, wanted) => isAmong(wanted, name), ({ images }) => [[...images.slice(0, 3).map(({ name }) => name), 'nowhere'], ['IMAGE0'], []]),
  uuid: filterCase<string[]>(({ uuid }, wanted) => isAmong(wanted, uuid), ({ images }) => [images.slice(-2).map(({ uuid }) => uuid), [NO_UUID], []]),
  version: filterCase<string[]>(({ version }, wanted) => isAmong(wanted, version), () => [['1.0'], ['1.0', '2.0-beta', 'none'], ['2.0-BETA']]),
  minSize: filterCase<number>(({ size }, least) => size >= least, () => [1024, 1025, 10_241]),
  maxSize: filterCase<number>(({ size }, most) => size <= most, () => [1023, 1024, 10_240]),
  // Where a user may not see from where an image came, it came from nowhere.
  repository: filterCase<string[]>(
    (image, wanted, rules) => wanted.length === 0 || (rules.inspects(image) && image.manifestUrl === null && wanted.includes(rules.facts.repository.name)),
    ({ repository }) => [[repository.name], ['nowhere', repository.name], ['nowhere'], []],
    'repository.use',
  ),
  inUse: filterCase<boolean>((image, wanted, rules) => rules.inspects(image) && rules.facts.servers.some((server) => server.image === image.name) === wanted, FLAGS, 'image.filterByUse'),
  not: filterCase<Filter>(
    (image, filter, rules) => restrictions(filter).length === 0 || !meets(image, filter, rules),
    ({ repository }) => [{}, { access: [] }, { access: ['PUBLIC'] }, { owner: 'nobody' }, { osType: ['BSD_VM'], search: 'ALIAS' }, { repository: [repository.name] }, { inUse: true }, { not: {} }, { not: { resize: true } }],
  ),
};

/** The fields that restrict a list: null, nothing, an empty list and an empty search do not. */
function restrictions(filter: Filter): [string, unknown][] {
  return Object.entries(filter).filter(([name, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0) && !(name === 'search' && value === ''));
}

/** An image meets a filter when it meets every field that is given. */
export function meets(image: ImageFacts, filter: Filter, rules: Rules): boolean {
  return restrictions(filter).every(([name, value]) => FILTER_CASES[name]?.meets(image, value as never, rules));
}

/** Refuses what the user may not filter by, and a `not` within a `not`. */
export function demandFilter(filter: Filter, rules: Rules): void {
  const not = (filter['not'] ?? {}) as Filter;
  for (const [name] of [...restrictions(filter), ...restrictions(not)]) {
    const { demands } = FILTER_CASES[name] ?? {};
    if (demands !== undefined && !rules.may(demands)) refuse('FORBIDDEN');
  }
  if (not['not'] !== null && not['not'] !== undefined) refuse('BAD_USER_INPUT');
}

/** A filter for each value of each field. */
export function everyFilter(facts: Facts): Record<string, unknown>[] {
  return Object.entries(FILTER_CASES).flatMap(([name, { values }]) => values(facts).map((value) => ({ [name]: value })));
}

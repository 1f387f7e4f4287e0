import type { Facts, ImageFacts } from './facts.js';
import { isAmong } from './lists.js';

/** One field of `ImageFilter`: which images meet a value, and values to ask every world for. */
interface FilterCase {
  meets: (image: ImageFacts, value: never) => boolean;
  values: (facts: Facts) => readonly unknown[];
}

function filterCase<Value>(meetsValue: (image: ImageFacts, value: Value) => boolean, values: (facts: Facts) => readonly Value[]): FilterCase {
  return { meets: meetsValue, values };
}

const FLAGS = (): boolean[] => [true, false];
const middleOf = ({ images }: Facts): string[] => images.slice(Math.floor(images.length / 2)).slice(0, 1).map(({ createdAt }) => createdAt);

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
  createdAfter: filterCase<string>(({ createdAt }, date) => Date.parse(createdAt) > Date.parse(date), middleOf),
  createdBefore: filterCase<string>(({ createdAt }, date) => Date.parse(createdAt) < Date.parse(date), middleOf),
};

/** An image meets a filter when it meets every field that is given. */
export function meets(image: ImageFacts, filter: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(filter).every(([name, value]) => value === null || value === undefined || FILTER_CASES[name]?.meets(image, value as never));
}

/** A filter for each value of each field. */
export function everyFilter(facts: Facts): Record<string, unknown>[] {
  return Object.entries(FILTER_CASES).flatMap(([name, { values }]) => values(facts).map((value) => ({ [name]: value })));
}

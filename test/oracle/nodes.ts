import type { CallerAction } from '../../src/access/matrix.js';
import type { Facts } from './facts.js';
import { refuse } from './lists.js';
import type { Rules } from './rules.js';

type Show = (name: string, part: string | undefined) => unknown;

interface Named {
  type: string;
  name: string;
  part: string | undefined;
}

/** Objects by their global ids, as one user may see them. */
export class Nodes {
  /** `show` gives the object of each type by its name in the facts; null for one that the user cannot see. */
  constructor(
    private readonly facts: Facts,
    private readonly rules: Rules,
    private readonly show: ReadonlyMap<string, Show>,
  ) {}

  idOf(type: string, name: string): string {
    return this.facts.ids.get(`${type} ${name}`) ?? '';
  }

  /** Null for who would be refused by the query of that type. */
  node(id: string): unknown {
    const named = this.#named(id);
    const action = this.#actionFor(named);
    return named.type === 'Viewer' || (action !== null && !this.rules.may(action)) ? null : this.#shown(named);
  }

  /** The same as a reference, which says FORBIDDEN. */
  entity(type: string, id: string): unknown {
    const named = this.#named(id);
    const isOfType = named.type === type;
    const action = this.#actionFor(isOfType ? named : { type, name: '', part: undefined });
    if (action !== null && !this.rules.may(action)) refuse('FORBIDDEN');
    return isOfType ? this.#shown(named) : null;
  }

  #named(id: string): Named {
    const key = [...this.facts.ids].find(([, one]) => one === id)?.[0];
    const [type = '', name = '', part] = key?.split(' ') ?? [];
    return { type, name, part };
  }

  /** What the user must be allowed, besides seeing the row. */
  #actionFor({ type, name }: Named): CallerAction | null {
    const isOwn = type === 'User' ? name === this.rules.username : this.facts.groups.some((group) => group.name === name && group.users.includes(this.rules.username));
    if (type === 'User' || type === 'Group') return isOwn ? null : 'people.read';
    return type === 'ImageRepository' || type === 'RepositoryImage' ? 'repository.use' : null;
  }

  #shown({ type, name, part }: Named): unknown {
    return this.show.get(type)?.(name, part) ?? null;
  }
}

import { AppError, forbidden } from '../platform/errors.js';
import { type Action, type DatacenterAction, holdsOneOf, MATRIX, missingPermissions, type Needs, type PermissionRow, type PermissionSet } from './matrix.js';
import { type Permission, PERMISSIONS } from './permission.js';
import type { UserType } from './people/user.type.js';

/** The columns of a datacenter that verdicts need. */
export interface DatacenterRef {
  id: number;
  name: string;
}

/** The permissions that a viewer holds in one datacenter as its owner or by groups; public access alone is no membership. */
export interface Membership extends DatacenterRef {
  permissions: ReadonlySet<Permission>;
}

export interface ViewerFacts {
  userId: number;
  username: string;
  isSuperAdmin: boolean;
  currentDatacenterId: number | null;
  memberships: readonly Membership[];
  /** The account as sign-in read it, for `viewer { user }`. */
  account?: UserType;
  /** Names of groups that the token says, besides the groups of the account. */
  tokenGroups?: readonly string[];
}

/** The datacenters that decide: the one named, those an image is attached to, and the one it is bound to. */
interface Target {
  datacenter?: DatacenterRef;
  attached?: readonly DatacenterRef[];
  bound?: DatacenterRef | null;
}

/** The target that an action needs, by the `where` of its row. */
interface Targets {
  datacenter: [target: { datacenter: DatacenterRef }];
  attachedDatacenter: [target: { attached: readonly DatacenterRef[] }];
  boundDatacenter: [target: { bound: DatacenterRef | null }];
  anyDatacenter: [];
}
type TargetOf<A extends Action> = A extends Action ? ((typeof MATRIX)[A] extends { where: infer W extends keyof Targets } ? Targets[W] : []) : never;

export type Verdict = { allowed: true } | { allowed: false; error: AppError };

export const ALLOWED: Verdict = { allowed: true };
const NOTHING: ReadonlySet<Permission> = new Set();

/**
 * Who asks, with the permissions that the matrix is judged by. It tells what these allow; whether the caller sees the row at all is
 * decided before, by the visibility of its type.
 */
export class Viewer {
  readonly userId: number;
  readonly username: string;
  readonly isSuperAdmin: boolean;
  readonly currentDatacenterId: number | null;
  readonly account: UserType | undefined;
  /** Names of groups, known or not, that the caller is in for as long as its token says so. */
  readonly tokenGroups: readonly string[];
  /** Datacenters that the viewer owns or has a group in. */
  readonly membershipIds: readonly number[];
  readonly #memberships: ReadonlyMap<number, Membership>;
  readonly #datacenters = new Map<Needs, readonly number[]>();

  constructor(facts: ViewerFacts) {
    this.userId = facts.userId;
    this.username = facts.username;
    this.isSuperAdmin = facts.isSuperAdmin;
    this.currentDatacenterId = facts.currentDatacenterId;
    this.account = facts.account;
    this.tokenGroups = facts.tokenGroups ?? [];
    this.#memberships = new Map(facts.memberships.map((membership) => [membership.id, membership]));
    this.membershipIds = [...this.#memberships.keys()];
  }

  /** What a task records of who starts it. */
  get starter(): { userId: number; tokenGroups: readonly string[] } {
    return { userId: this.userId, tokenGroups: this.tokenGroups };
  }

  /** The permissions held in that datacenter, sorted; a SuperAdmin holds all. */
  permissionsIn(datacenterId: number): Permission[] {
    return [...(this.isSuperAdmin ? PERMISSIONS : this.#held(datacenterId))].sort();
  }

  /** Whether the viewer owns the datacenter or has a group in it, which a public one does not need. */
  belongsTo(datacenterId: number): boolean {
    return this.#memberships.has(datacenterId);
  }

  /** Ids of the datacenters whose permissions allow the action. Not for SuperAdmins, who need no permission. */
  datacentersWhere(action: DatacenterAction): readonly number[] {
    return this.#where(MATRIX[action].needs);
  }

  /** Whether the permissions in that datacenter allow the action. */
  mayIn(action: DatacenterAction, datacenterId: number): boolean {
    return this.isSuperAdmin || holdsOneOf(this.#held(datacenterId), MATRIX[action].needs);
  }

  /** Whether the viewer may do that, there. A refusal carries the error that the operation answers with. */
  can<A extends Action>(action: A, ...target: TargetOf<A>): Verdict;
  can(action: Action, target: Target = {}): Verdict {
    return this.#judge(action, target);
  }

  /** Throws the refusal of `can`. */
  demand<A extends Action>(action: A, ...target: TargetOf<A>): void;
  demand(action: Action, target: Target = {}): void {
    const verdict = this.#judge(action, target);
    if (!verdict.allowed) throw verdict.error;
  }

  #judge(action: Action, target: Target): Verdict {
    const row = MATRIX[action];
    if (this.isSuperAdmin || row.needs === 'signedIn') return ALLOWED;
    if (row.needs === 'superAdmin') return refusal(`You may not ${row.phrase}. You need to be a SuperAdmin.`, ['SUPER_ADMIN'], null);
    const passes = ({ id }: DatacenterRef): boolean => holdsOneOf(this.#held(id), row.needs);
    switch (row.where) {
      case 'anyDatacenter':
        return this.#where(row.needs).length > 0 ? ALLOWED : this.#missing(row, null, 'at least one datacenter');
      case 'datacenter': {
        const datacenter = required(target.datacenter, action);
        return passes(datacenter) ? ALLOWED : this.#missing(row, datacenter, `datacenter ${datacenter.name}`);
      }
      case 'attachedDatacenter': {
        const attached = required(target.attached, action);
        const [first = null, second] = attached;
        const where = first === null || second !== undefined ? 'at least one datacenter that the image is attached to' : `datacenter ${first.name}`;
        return attached.some(passes) ? ALLOWED : this.#missing(row, first, where);
      }
      case 'boundDatacenter': {
        const bound = required(target.bound, action);
        if (bound === null) return refusal(`You may not ${row.phrase}. It is bound to no datacenter, so you need to be a SuperAdmin.`, ['SUPER_ADMIN'], null);
        return passes(bound) ? ALLOWED : this.#missing(row, bound, `datacenter ${bound.name}`);
      }
    }
  }

  #where(needs: Needs): readonly number[] {
    let ids = this.#datacenters.get(needs);
    if (ids === undefined) {
      ids = [...this.#memberships.values()].filter(({ permissions }) => holdsOneOf(permissions, needs)).map(({ id }) => id);
      this.#datacenters.set(needs, ids);
    }
    return ids;
  }

  #held(datacenterId: number): ReadonlySet<Permission> {
    return this.#memberships.get(datacenterId)?.permissions ?? NOTHING;
  }

  /** Names all that is needed, and what of it the viewer lacks in that datacenter; null: in every one. */
  #missing({ needs, phrase }: PermissionRow, datacenter: DatacenterRef | null, where: string): Verdict {
    const missing = missingPermissions(datacenter === null ? NOTHING : this.#held(datacenter.id), needs);
    const isPart = needs.every((set) => set.length > missing.length);
    const lacking = isPart ? `; ${listOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing` : '';
    return refusal(`You may not ${phrase}. You need ${needs.map(setInWords).join(', or ')} in ${where}${lacking}.`, missing, datacenter?.name ?? null);
  }
}

/** `A, B and C`. */
function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function setInWords(set: PermissionSet): string {
  return set.length < 2 ? listOf(set) : `${listOf(set)} together`;
}

function refusal(message: string, permissions: readonly string[], datacenter: string | null): Verdict {
  return { allowed: false, error: forbidden(message, { permissions, datacenter }) };
}

function required<T>(value: T | undefined, action: Action): T {
  if (value === undefined) throw new Error(`The verdict on ${action} was asked without its target.`);
  return value;
}

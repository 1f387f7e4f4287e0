import { AppError, forbidden } from '../platform/errors.js';
import { type Action, LEVELS, type Level, MATRIX } from './matrix.js';
import type { Permission } from './permission.js';
import type { UserType } from './people/user.type.js';

/** A datacenter as far as a verdict needs it. */
export interface DatacenterRef {
  id: number;
  name: string;
}

/** What the viewer holds in one datacenter by ownership or by groups; public access alone is no membership. */
export interface Membership extends DatacenterRef {
  permissions: ReadonlySet<Permission>;
}

export interface ViewerFacts {
  userId: number;
  username: string;
  isSuperAdmin: boolean;
  currentDatacenterId: number | null;
  memberships: readonly Membership[];
  /** The account as it was at sign-in, for who asks about itself. */
  account?: UserType;
}

/** The rows an action is about: the datacenter named, those an image is attached to, and the one it is bound to. */
export interface Target {
  datacenter?: DatacenterRef;
  attached?: readonly DatacenterRef[];
  bound?: DatacenterRef | null;
}

export type Verdict = { allowed: true } | { allowed: false; error: AppError };

const ALLOWED: Verdict = { allowed: true };
const PERMISSIONS_OF: Record<Level, readonly string[]> = {
  access: [],
  dcAdmin: ['ADMIN'],
  imageAdmin: ['ADMIN', 'IMAGE_ADMIN'],
  importer: ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'],
  superAdmin: ['SUPER_ADMIN'],
};

function atLeast(held: Level, needed: Level): boolean {
  return LEVELS.indexOf(held) >= LEVELS.indexOf(needed);
}

function levelOf(permissions: ReadonlySet<Permission>): Level {
  if (!permissions.has('ADMIN')) return 'access';
  if (!permissions.has('IMAGE_ADMIN')) return 'dcAdmin';
  return permissions.has('IMAGE_IMPORT_ADMIN') ? 'importer' : 'imageAdmin';
}

/**
 * Who asks, with everything a permission takes. Says what the role allows; that the row itself can be seen has been
 * decided before, by the visibility of its type.
 */
export class Viewer {
  readonly userId: number;
  readonly username: string;
  readonly isSuperAdmin: boolean;
  readonly currentDatacenterId: number | null;
  readonly account: UserType | undefined;
  readonly #memberships: ReadonlyMap<number, Membership>;
  readonly #datacenters = new Map<Level, readonly number[]>();

  constructor(facts: ViewerFacts) {
    this.userId = facts.userId;
    this.username = facts.username;
    this.isSuperAdmin = facts.isSuperAdmin;
    this.currentDatacenterId = facts.currentDatacenterId;
    this.account = facts.account;
    this.#memberships = new Map(facts.memberships.map((membership) => [membership.id, membership]));
  }

  /** Permissions held in that datacenter: all of them for a SuperAdmin. */
  permissionsIn(datacenterId: number): Permission[] {
    if (this.isSuperAdmin) return ['ADMIN', 'IMAGE_ADMIN', 'IMAGE_IMPORT_ADMIN'];
    return [...(this.#memberships.get(datacenterId)?.permissions ?? [])].sort();
  }

  /** Ids of datacenters where the viewer is at least that level. Never asked for a SuperAdmin, who is it everywhere. */
  datacentersWith(level: Level): readonly number[] {
    let known = this.#datacenters.get(level);
    if (known === undefined) {
      known = [...this.#memberships.values()].filter((one) => atLeast(levelOf(one.permissions), level)).map((one) => one.id);
      this.#datacenters.set(level, known);
    }
    return known;
  }

  /** By owning it or through a group; nobody needs to for a public one. */
  belongsTo(datacenterId: number): boolean {
    return this.#memberships.has(datacenterId);
  }

  isAtLeast(level: Level, datacenterId: number): boolean {
    return this.isSuperAdmin || atLeast(this.#levelIn(datacenterId), level);
  }

  /** May this viewer do that, to that? A refusal carries the very error the operation would answer with. */
  can(action: Action, target: Target = {}): Verdict {
    const needed = MATRIX[action];
    if (this.isSuperAdmin) return ALLOWED;
    const passes = (one: DatacenterRef): boolean => atLeast(this.#levelIn(one.id), needed.level);
    const refuse = (where: string | null, held: ReadonlySet<string>): Verdict => ({
      allowed: false,
      error: this.#refusal(action, where, held),
    });
    switch (needed.place) {
      case 'everywhere':
        return refuse(null, new Set());
      case 'anyDatacenter':
        return this.datacentersWith(needed.level).length > 0 ? ALLOWED : refuse(null, new Set());
      case 'datacenter': {
        const one = required(target.datacenter, action);
        return passes(one) ? ALLOWED : refuse(one.name, this.#held(one.id));
      }
      case 'attachedDatacenter': {
        const all = required(target.attached, action);
        return all.some(passes) ? ALLOWED : refuse(all[0]?.name ?? null, this.#held(all[0]?.id));
      }
      case 'boundDatacenter': {
        const bound = required(target.bound, action);
        if (bound === null) return { allowed: false, error: this.#unbound(action) };
        return passes(bound) ? ALLOWED : refuse(bound.name, this.#held(bound.id));
      }
    }
  }

  /** The same as `can`, thrown: for operations that end here when refused. */
  demand(action: Action, target?: Target): void {
    const verdict = this.can(action, target);
    if (!verdict.allowed) throw verdict.error;
  }

  #levelIn(datacenterId: number): Level {
    const membership = this.#memberships.get(datacenterId);
    return membership === undefined ? 'access' : levelOf(membership.permissions);
  }

  #held(datacenterId: number | undefined): ReadonlySet<string> {
    return (datacenterId === undefined ? undefined : this.#memberships.get(datacenterId)?.permissions) ?? new Set();
  }

  #refusal(action: Action, where: string | null, held: ReadonlySet<string>): AppError {
    const { level, phrase } = MATRIX[action];
    const missing = PERMISSIONS_OF[level].filter((permission) => !held.has(permission));
    const place = where === null ? (level === 'superAdmin' ? '' : ' in some datacenter') : ` in datacenter ${where}`;
    return forbidden(`You may not ${phrase}: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing${place}.`, {
      permissions: missing,
      datacenter: where,
    });
  }

  #unbound(action: Action): AppError {
    return forbidden(
      `You may not ${MATRIX[action].phrase}: it is bound to no datacenter, so only a SuperAdmin manages it.`,
      { permissions: ['SUPER_ADMIN'], datacenter: null },
    );
  }
}

function required<T>(value: T | undefined, action: Action): T {
  if (value === undefined) throw new Error(`The verdict on ${action} was asked without its target.`);
  return value;
}

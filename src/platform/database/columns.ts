import type { Tables } from './tables.js';

/** Which tables an alias stands for in statements; `a`, `l`, `x` and `y` are those that stand inside of a list or a subquery. */
interface Aliases {
  a: 'image_attachment';
  d: 'datacenter';
  g: 'user_group';
  i: 'image';
  l: 'image_attachment';
  m: 'user_group_member';
  n: 'snapshot' | 'image';
  o: 'repository_image';
  r: 'image_repository';
  s: 'virtual_server';
  t: 'task' | 'image_tag';
  u: 'user_account';
  v: 'virtual_disk';
  x: 'image' | 'image_attachment' | 'image_tag' | 'user_group_member' | 'datacenter_group';
  y: 'image';
}

type Named<Alias extends string, Table extends keyof Tables> = Table extends keyof Tables ? `${Alias}.${keyof Tables[Table] & string}` : never;

/** Where the image is bound: its alias is `b`. */
type Bound = Named<'b', 'image_attachment'>;

/** A column under the alias of its table, as conditions and orders name it: a union of literals, so no caller's text is one. */
export type Column = { [Alias in keyof Aliases]: Named<Alias, Aliases[Alias]> }[keyof Aliases] | Bound;

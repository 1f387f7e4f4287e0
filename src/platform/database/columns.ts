import type { Tables } from './tables.js';

/** The tables that each alias stands for; `a`, `l`, `x` and `y` are aliases of joins and subqueries. */
interface Aliases {
  a: 'image_attachment';
  d: 'datacenter';
  g: 'user_group';
  i: 'image';
  k: 'api_key';
  l: 'image_attachment';
  m: 'user_group_member';
  n: 'snapshot' | 'image';
  o: 'repository_image';
  r: 'image_repository';
  s: 'virtual_server';
  t: 'task' | 'image_tag';
  u: 'user_account';
  v: 'virtual_disk';
  x: 'task' | 'virtual_server' | 'image' | 'image_attachment' | 'image_tag' | 'user_group_member' | 'datacenter_group';
  y: 'image';
}

type Named<Alias extends string, Table extends keyof Tables> = Table extends keyof Tables ? `${Alias}.${keyof Tables[Table] & string}` : never;

/** The attachment that binds an image: its alias is `b`. */
type Bound = Named<'b', 'image_attachment'>;

/** A column with the alias of its table: a union of literals, so the compiler accepts no caller's text. */
export type Column = { [Alias in keyof Aliases]: Named<Alias, Aliases[Alias]> }[keyof Aliases] | Bound;

import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { rowIds } from '../platform/graphql/global-id.js';
import type { UserType } from './people/user.type.js';
import type { Viewer } from './viewer.js';

/** The ids that the graph shows of callers, which differ from those of their accounts. */
export const VIEWER_IDS = rowIds('Viewer');

/** The signed-in user as it sees itself. All fields are relations, found by `userId`; `loadedUser` is the account, where sign-in has read it. */
@ObjectType('Viewer', {
  simpleResolvers: true,
  description: 'You, the signed-in caller: your account, where you work, and what you may do there.',
})
@Directive('@key(fields: "id")')
export class ViewerType {
  @Field(() => ID, { description: 'Identifies you as the caller. It is not the id of your account, `user`, and `node` does not find it: ask for `viewer`.' })
  id!: string;

  userId!: number;
  loadedUser?: UserType;
}

/** The caller as the graph shows it. */
export function shownViewer({ userId, account }: Viewer): ViewerType {
  return { id: VIEWER_IDS.encode(userId), userId, ...(account && { loadedUser: account }) };
}

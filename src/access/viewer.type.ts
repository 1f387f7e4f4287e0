import { ObjectType } from 'type-graphql';
import type { UserType } from './people/user.type.js';

/** The signed-in user as seen by itself; every field is a relation, so the id is carried, and the account if it is known. */
@ObjectType('Viewer', {
  simpleResolvers: true,
  description: 'You, the signed-in caller: your account, where you work, and what you may do there.',
})
export class ViewerType {
  userId!: number;
  loadedUser?: UserType;
}

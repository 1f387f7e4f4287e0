import { ObjectType } from 'type-graphql';
import type { UserType } from './people/user.type.js';

/** The signed-in user as it sees itself. All fields are relations, found by `userId`; `loadedUser` is the account, where sign-in has read it. */
@ObjectType('Viewer', {
  simpleResolvers: true,
  description: 'You, the signed-in caller: your account, where you work, and what you may do there.',
})
export class ViewerType {
  userId!: number;
  loadedUser?: UserType;
}

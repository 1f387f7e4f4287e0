import { ObjectType } from 'type-graphql';

/** The signed-in user as seen by itself; every field is a relation, so only the id is carried. */
@ObjectType('Viewer', {
  simpleResolvers: true,
  description: 'You, the signed-in caller: your account, where you work, and what you may do there.',
})
export class ViewerType {
  userId!: number;
}

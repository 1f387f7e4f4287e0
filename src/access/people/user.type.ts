import { Directive, Field, ObjectType } from 'type-graphql';
import { rowIds } from '../../platform/graphql/global-id.js';
import { NodeType } from '../../platform/graphql/node.type.js';
import { DateTime } from '../../platform/graphql/scalars.js';

/** The ids that the graph shows of users. */
export const USER_IDS = rowIds('User');

/** What the API shows of an account: no credentials. */
@ObjectType('User', {
  simpleResolvers: true,
  implements: NodeType,
  description: 'A person or program that can sign in. Accounts are never deleted, only deactivated.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "username")')
export class UserType {
  id!: number;

  @Field(() => String, { description: 'Unique name to sign in with and to refer to the user by. It never changes.' })
  username!: string;

  @Field(() => String, { nullable: true, description: 'E-mail address; null when none is known.' })
  email!: string | null;

  @Field(() => Boolean, {
    description: 'Whether the user may do everything everywhere. Groups make no difference to a SuperAdmin.',
  })
  isSuperAdmin!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the user can sign in and may become an owner. An inactive user keeps what it owns.',
  })
  active!: boolean;

  @Field(() => DateTime, { description: 'When the account was made.' })
  createdAt!: Date | number;
}

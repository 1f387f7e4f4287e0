import { Directive, Field, ObjectType } from 'type-graphql';
import { rowIds } from '../../platform/graphql/global-id.js';
import { NodeType } from '../../platform/graphql/node.type.js';
import { connectionType } from '../../platform/database/list/page.js';
import { DateTime } from '../../platform/graphql/scalars.js';

/** The ids that the graph shows of users. */
export const USER_IDS = rowIds('User');

/** Who sees a guarded field of a user, and what others are answered; the end of its description. */
export const GUARDED = 'Only for that user and for SuperAdmins; else null with a FORBIDDEN error.';

/** What the API shows of an account: no credentials. */
@ObjectType('User', {
  simpleResolvers: true,
  implements: NodeType,
  description:
    'A person or program that can sign in. Accounts are never deleted, only deactivated. Everybody who sees the user sees its id and username; every other field is null with a FORBIDDEN error for who is neither that user nor a SuperAdmin.',
})
@Directive('@key(fields: "id")')
@Directive('@key(fields: "username")')
export class UserType {
  id!: number;

  @Field(() => String, { description: 'Unique name to sign in with and to refer to the user by. It never changes.' })
  username!: string;

  @Field(() => String, {
    nullable: true,
    description: `E-mail address; null when none is known. ${GUARDED}`,
  })
  email!: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: `Whether the user may do everything everywhere. Groups make no difference to a SuperAdmin. ${GUARDED}`,
  })
  isSuperAdmin!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: `Whether the user can sign in and may become an owner. An inactive user keeps what it owns. ${GUARDED}`,
  })
  active!: boolean;

  @Field(() => DateTime, { nullable: true, description: `When the account was made. ${GUARDED}` })
  createdAt!: Date | number;
}

/** One page of users. */
export const UserConnection = connectionType('User', () => UserType, 'A page of users.');

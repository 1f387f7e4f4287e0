import { Field, ID, InterfaceType } from 'type-graphql';

/** The interface of all objects that `Query.node` finds. The schema resolves the field `id`: on our objects it is the number of the row. */
@InterfaceType('Node', {
  description: 'An object with an id that is unique in the whole graph. Clients cache by it, and read the object again by `node` and `nodes`.',
})
export abstract class NodeType {
  @Field(() => ID, {
    description: 'Identifies the object among those of all types, and never changes. Do not take it apart or make one up: take it from an answer. Not the `uuid`, which an image and the entry of a repository may share.',
  })
  id!: unknown;
}

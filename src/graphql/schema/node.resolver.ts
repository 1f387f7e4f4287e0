import { Arg, ID, Query, Resolver } from 'type-graphql';
import { NodeType } from '../../platform/graphql/node.type.js';
import { withTypeName } from './entities-resolver.js';
import { NODE_FINDERS, type NodeContainer } from './node-finders.js';

const FINDERS = Object.entries(NODE_FINDERS);

/** Finds objects of any type by their global ids. */
@Resolver()
export class NodeResolver {
  constructor(private readonly container: NodeContainer) {}

  @Query(() => NodeType, {
    nullable: true,
    description: 'The object with this id. Null, and no error, when there is none that you can see, and for a text that is no id. An object that you see only beside another one, such as the owner of an image, may be null here.',
  })
  async node(@Arg('id', () => ID, { description: 'The `id` of the object, as an answer gave it.' }) id: string): Promise<object | null> {
    return this.#find(id);
  }

  @Query(() => [NodeType], {
    nullable: 'items',
    description: 'The objects with these ids, in their order: each as `node` answers it. Ids of one type are read together.',
  })
  async nodes(@Arg('ids', () => [ID], { description: 'At most 100 ids, of one type or of several.' }) ids: string[]): Promise<(object | null)[]> {
    return Promise.all(ids.map(async (id) => this.#find(id)));
  }

  async #find(id: string): Promise<object | null> {
    for (const [type, find] of FINDERS) {
      const found = find(id, this.container);
      if (found !== null) return withTypeName(await found, type);
    }
    return null;
  }
}

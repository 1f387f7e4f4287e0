import type { ApolloServerPlugin } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import type { DoorContext } from './admission.js';
import type { CompiledQueries } from './compiled-queries.js';

/** Apollo Server answers what is compiled by the plan, and tells of what it answered without one. */
export function compiledPlugin(queries: CompiledQueries): ApolloServerPlugin<DoorContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ source, request, contextValue }) {
          const variables = request.variables ?? {};
          const plan = queries.find({ text: source, operationName: request.operationName });
          if (plan === undefined || !plan.isOpenTo(contextValue.scope.viewer, variables)) return null;
          const data = await plan.run(contextValue, variables);
          return data === null ? null : { http: { status: undefined, headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data } } };
        },
        async willSendResponse({ source, request, document, operation, response: { body } }) {
          if (source === undefined || document === undefined || operation?.operation !== 'query') return;
          if (body.kind === 'single' && body.singleResult.errors === undefined) {
            queries.learn({ text: source, operationName: request.operationName }, document, operation);
          }
        },
      };
    },
  };
}

import type { ApolloServerPlugin } from '@apollo/server';
import { HeaderMap } from '@apollo/server';
import type { DoorContext } from './admission/admission.js';
import type { KnownOperations } from './known-operations.js';

/** Apollo Server answers what is compiled by the plan, and tells of what it answered without errors. */
export function knownOperationsPlugin(operations: KnownOperations): ApolloServerPlugin<DoorContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ source, request, contextValue }) {
          const variables = request.variables ?? {};
          const plan = operations.find({ text: source, operationName: request.operationName });
          if (plan?.kind !== 'query' || !plan.isOpenTo(contextValue.scope.viewer, variables)) return null;
          const data = await plan.run(contextValue, variables);
          return data === null ? null : { http: { status: undefined, headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data } } };
        },
        async willSendResponse({ source, request, document, operation, response: { body } }) {
          if (source === undefined || document === undefined || operation === undefined) return;
          if (body.kind === 'single' && body.singleResult.errors === undefined) {
            operations.learn({ text: source, operationName: request.operationName }, document, operation);
          }
        },
      };
    },
  };
}

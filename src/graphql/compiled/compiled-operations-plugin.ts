import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import type { OperationContext } from '../admission/admission.js';
import type { CompiledOperations } from './compiled-operations.js';

/** Lets Apollo Server answer queries with their compiled code, and records the operations that it answered without errors. */
export function compiledOperationsPlugin(compiled: CompiledOperations): ApolloServerPlugin<OperationContext> {
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ source, request: { operationName }, contextValue }) {
          const data = await compiled.tryExecute({ source, operationName }, contextValue);
          return data === null ? null : { http: { status: undefined, headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data } } };
        },
        async willSendResponse({ source, request: { operationName }, document, operation, contextValue, response: { body } }) {
          if (source === undefined || document === undefined || operation === undefined) return;
          if (body.kind !== 'single' || body.singleResult.errors !== undefined) return;
          compiled.record({ source, operationName }, document, operation, contextValue.container.viewer.username);
        },
      };
    },
  };
}

export { connect, type Connection, type Gateway } from './connect.ts';
export { type FieldFault, GatewayError, type GraphqlError, type Requires } from './gateway-error.ts';
export * from './generated.ts';
export { progress } from './progress.ts';

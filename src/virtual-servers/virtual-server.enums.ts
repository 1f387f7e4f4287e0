import { registerEnumType } from 'type-graphql';
import { enumOf } from '../platform/graphql/enum-of.js';
import { SERVER_STATUS } from './virtual-server.entity.js';

export const ServerStatusEnum = enumOf(SERVER_STATUS);
export type ServerStatus = (typeof SERVER_STATUS)[number];

registerEnumType(ServerStatusEnum, {
  name: 'ServerStatus',
  description:
    'State of a virtual server as last reported. A snapshot can become an image while its server is RUNNING, STOPPED, STOPPING or FROZEN.',
  valuesConfig: {
    RUNNING: { description: 'It runs.' },
    STOPPED: { description: 'It exists and is shut down.' },
    STOPPING: { description: 'It is shutting down.' },
    FROZEN: { description: 'It was halted by an administrator and cannot be started by its owner.' },
    PENDING: { description: 'A change of it is under way.' },
    CREATING: { description: 'It is being made.' },
    ERROR: { description: 'An operation on it failed; it needs attention.' },
    NOT_CREATED: { description: 'It is defined but does not exist on any compute node yet.' },
  },
});

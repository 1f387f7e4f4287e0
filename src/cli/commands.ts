import { type Command, defineGroup } from './command.js';
import { listImages } from './images/list-images.js';
import { demo, start } from './local/start.js';
import { api } from './session/api.js';
import { login } from './session/login.js';
import { logout } from './session/logout.js';
import { whoami } from './session/whoami.js';

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  start,
  demo,
  login,
  logout,
  whoami,
  api,
  defineGroup('images', 'List, import and change images.', [listImages]),
];

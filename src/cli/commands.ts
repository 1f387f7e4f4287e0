import { type Command, defineGroup } from './command.js';
import { createDatacenter } from './datacenters/create-datacenter.js';
import { deleteDatacenter } from './datacenters/delete-datacenter.js';
import { listDatacenters } from './datacenters/list-datacenters.js';
import { updateDatacenter } from './datacenters/update-datacenter.js';
import { attachImage } from './images/attach-image.js';
import { deleteImage } from './images/delete-image.js';
import { detachImage } from './images/detach-image.js';
import { importImage } from './images/import-image.js';
import { listImages } from './images/list-images.js';
import { showImage } from './images/show-image.js';
import { updateImage } from './images/update-image.js';
import { verifyImage } from './images/verify-image.js';
import { adoptImageStore } from './local/adopt-store.js';
import { backup } from './local/backup.js';
import { checkConfig, listConfig } from './local/check-config.js';
import { copyDb } from './local/copy-db.js';
import { copyStore } from './local/copy-store.js';
import { doctor } from './local/doctor.js';
import { migrate } from './local/migrate.js';
import { printToken } from './local/print-token.js';
import { resetAdmin } from './local/reset-admin.js';
import { restore } from './local/restore.js';
import { demo, start } from './local/start.js';
import { verifyStore } from './local/verify-store.js';
import { createGroup } from './people/create-group.js';
import { createKey } from './people/create-key.js';
import { createUser } from './people/create-user.js';
import { deleteGroup } from './people/delete-group.js';
import { listGroups } from './people/list-groups.js';
import { listKeys } from './people/list-keys.js';
import { listUsers } from './people/list-users.js';
import { revokeKey } from './people/revoke-key.js';
import { updateGroup } from './people/update-group.js';
import { updateUser } from './people/update-user.js';
import { explainPermissions } from './permissions/explain-permissions.js';
import { addRepository } from './repositories/add-repository.js';
import { browseRepository } from './repositories/browse-repository.js';
import { listRepositories } from './repositories/list-repositories.js';
import { refreshRepositories } from './repositories/refresh-repositories.js';
import { removeRepository } from './repositories/remove-repository.js';
import { api } from './session/api.js';
import { login } from './session/login.js';
import { logout } from './session/logout.js';
import { whoami } from './session/whoami.js';
import { cancelTask } from './tasks/cancel-task.js';
import { listTasks } from './tasks/list-tasks.js';
import { waitTask } from './tasks/wait-task.js';

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly Command[] = [
  start,
  demo,
  migrate,
  defineGroup('config', 'Check and list the settings.', [checkConfig, listConfig]),
  doctor,
  defineGroup('store', 'Accept another image store for the catalogue.', [adoptImageStore]),
  printToken,
  defineGroup('admin', 'Make a new key when all keys are lost.', [resetAdmin]),
  backup,
  restore,
  verifyStore,
  copyDb,
  copyStore,
  login,
  logout,
  whoami,
  api,
  defineGroup('images', 'List, import and change images.', [listImages, showImage, importImage, updateImage, deleteImage, verifyImage, attachImage, detachImage]),
  defineGroup('repos', 'Manage and browse image repositories.', [listRepositories, addRepository, removeRepository, refreshRepositories, browseRepository]),
  defineGroup('tasks', 'List, wait for and cancel tasks.', [listTasks, waitTask, cancelTask]),
  defineGroup('users', 'Manage users.', [listUsers, createUser, updateUser]),
  defineGroup('groups', 'Manage groups.', [listGroups, createGroup, updateGroup, deleteGroup]),
  defineGroup('keys', 'List, create and revoke API keys.', [listKeys, createKey, revokeKey]),
  defineGroup('datacenters', 'Manage datacenters.', [listDatacenters, createDatacenter, updateDatacenter, deleteDatacenter]),
  defineGroup('permissions', 'Explain who may do what.', [explainPermissions]),
];

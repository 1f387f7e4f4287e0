import { ApiKeyResolver } from '../../access/api-keys/api-key.resolver.js';
import { GroupResolver } from '../../access/people/group.resolver.js';
import { UserResolver } from '../../access/people/user.resolver.js';
import { ViewerResolver } from '../../access/viewer.resolver.js';
import { DatacenterResolver } from '../../datacenters/datacenter.resolver.js';
import { GroupDatacentersResolver } from '../../datacenters/groups/group-datacenters.resolver.js';
import { DatacenterMembersResolver } from '../../datacenters/members/datacenter-members.resolver.js';
import { GroupMutationResolver } from '../../datacenters/groups/group-mutation.resolver.js';
import { SettingsResolver } from '../../datacenters/settings/settings.resolver.js';
import { TaskRelationsResolver } from '../../datacenters/task-relations.resolver.js';
import { ViewerDatacentersResolver } from '../../datacenters/current/viewer-datacenters.resolver.js';
import { DatacenterImagesResolver } from '../../images/list/datacenter-images.resolver.js';
import { DatacenterActionsResolver } from '../../images/rules/datacenter-actions.resolver.js';
import { ImageBasesResolver } from '../../images/bases/image-bases.resolver.js';
import { ImageChangedResolver } from '../../images/events/image-changed.resolver.js';
import { ImageGuardedResolver } from '../../images/image-guarded.resolver.js';
import { ImageFileResolver } from '../../images/store/image-file.resolver.js';
import { ImageMutationResolver } from '../../images/mutations/image-mutation.resolver.js';
import { ImageRelationsResolver } from '../../images/image-relations.resolver.js';
import { ImageResolver } from '../../images/image.resolver.js';
import { TaskImageResolver } from '../../images/task-image.resolver.js';
import { ImageRepositoryChangedResolver } from '../../repositories/image-repository-changed.resolver.js';
import { ImageRepositoryResolver } from '../../repositories/image-repository.resolver.js';
import { ImageSourceResolver, TaskRepositoryResolver } from '../../repositories/entries/image-source.resolver.js';
import { ImportRepositoryImageResolver } from '../../repositories/entries/import-repository-image.resolver.js';
import { RepositoryImageResolver } from '../../repositories/entries/repository-image.resolver.js';
import { ChangeRepositoriesResolver } from '../../repositories/settings/change-repositories.resolver.js';
import { SettingsRepositoriesResolver } from '../../repositories/settings/settings-repositories.resolver.js';
import { TaskChangedResolver } from '../../tasks/task-changed.resolver.js';
import { TaskResolver } from '../../tasks/task.resolver.js';
import { CreateImageFromSnapshotResolver } from '../../virtual-servers/create-image/create-image-from-snapshot.resolver.js';
import { DatacenterServersResolver } from '../../virtual-servers/datacenter-servers.resolver.js';
import { GlobalSettingsResolver } from '../../virtual-servers/image-server/global-settings.resolver.js';
import { ImageServerResolver } from '../../virtual-servers/image-server/image-server.resolver.js';
import { ImageUsageResolver } from '../../virtual-servers/image-usage.resolver.js';
import { ServerRelationsResolver, VirtualDiskResolver } from '../../virtual-servers/server-relations.resolver.js';
import { SnapshotResolver } from '../../virtual-servers/snapshots/snapshot.resolver.js';
import { VirtualServerResolver } from '../../virtual-servers/virtual-server.resolver.js';
import { NodeResolver } from './node.resolver.js';

/** Every resolver class of every feature: together they are the graph. */
export const RESOLVERS = [
  ApiKeyResolver,
  GroupResolver,
  UserResolver,
  ViewerResolver,
  DatacenterResolver,
  DatacenterMembersResolver,
  GroupDatacentersResolver,
  GroupMutationResolver,
  SettingsResolver,
  TaskRelationsResolver,
  ViewerDatacentersResolver,
  DatacenterActionsResolver,
  DatacenterImagesResolver,
  ImageBasesResolver,
  ImageChangedResolver,
  ImageFileResolver,
  ImageGuardedResolver,
  ImageMutationResolver,
  ImageRelationsResolver,
  ImageResolver,
  TaskImageResolver,
  ImageRepositoryChangedResolver,
  ImageRepositoryResolver,
  ImageSourceResolver,
  TaskRepositoryResolver,
  ImportRepositoryImageResolver,
  RepositoryImageResolver,
  ChangeRepositoriesResolver,
  SettingsRepositoriesResolver,
  TaskChangedResolver,
  TaskResolver,
  CreateImageFromSnapshotResolver,
  DatacenterServersResolver,
  GlobalSettingsResolver,
  ImageServerResolver,
  ImageUsageResolver,
  ServerRelationsResolver,
  VirtualDiskResolver,
  SnapshotResolver,
  VirtualServerResolver,
  NodeResolver,
] as const;

// The operations as typed documents, for Apollo Client, urql and others that infer types from them. Needs the package "graphql".
import { type DocumentNode, parse } from 'graphql';
import {
  AttachImageOperation,
  CancelTaskOperation,
  CreateImageFromSnapshotOperation,
  DatacenterActionsOperation,
  DatacentersOperation,
  DeleteImageOperation,
  DetachImageOperation,
  FindInRepositoriesOperation,
  FollowImagesOperation,
  FollowRepositoriesOperation,
  FollowTaskOperation,
  ImageOperation,
  ImagesOperation,
  ImportImageOperation,
  ImportRepositoryImageOperation,
  RefreshRepositoryOperation,
  RepositoriesOperation,
  SwitchDatacenterOperation,
  TaskOperation,
  TasksOperation,
  UpdateImageOperation,
  UsableImagesOperation,
  ViewerOperation,
  type Operation,
} from './generated.ts';

/** A document that knows the types of its answer and of its variables. */
export type TypedDocument<R, V> = DocumentNode & { readonly __apiType?: (variables: V) => R };

function typed<R, V>(operation: Operation<R, V>): TypedDocument<R, V> {
  return parse(operation);
}

export const AttachImageDocument = typed(AttachImageOperation);
export const CancelTaskDocument = typed(CancelTaskOperation);
export const CreateImageFromSnapshotDocument = typed(CreateImageFromSnapshotOperation);
export const DatacenterActionsDocument = typed(DatacenterActionsOperation);
export const DatacentersDocument = typed(DatacentersOperation);
export const DeleteImageDocument = typed(DeleteImageOperation);
export const DetachImageDocument = typed(DetachImageOperation);
export const FindInRepositoriesDocument = typed(FindInRepositoriesOperation);
export const FollowImagesDocument = typed(FollowImagesOperation);
export const FollowRepositoriesDocument = typed(FollowRepositoriesOperation);
export const FollowTaskDocument = typed(FollowTaskOperation);
export const ImageDocument = typed(ImageOperation);
export const ImagesDocument = typed(ImagesOperation);
export const ImportImageDocument = typed(ImportImageOperation);
export const ImportRepositoryImageDocument = typed(ImportRepositoryImageOperation);
export const RefreshRepositoryDocument = typed(RefreshRepositoryOperation);
export const RepositoriesDocument = typed(RepositoriesOperation);
export const SwitchDatacenterDocument = typed(SwitchDatacenterOperation);
export const TaskDocument = typed(TaskOperation);
export const TasksDocument = typed(TasksOperation);
export const UpdateImageDocument = typed(UpdateImageOperation);
export const UsableImagesDocument = typed(UsableImagesOperation);
export const ViewerDocument = typed(ViewerOperation);

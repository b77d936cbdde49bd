export type { IssuerProblem } from './certificates.ts';
export type { Controller, ControllerContext } from './controller.ts';
export { defineCustomResources } from './custom-resources.ts';
export { startGitOps, type GitOps, type GitOpsApplication } from './gitops.ts';
export {
  besidesRealControlPlane,
  controllerNames,
  startControllers,
  type ControllerName,
  type Surroundings,
} from './start.ts';
export { standardClass, type StorageProblem } from './volumes.ts';

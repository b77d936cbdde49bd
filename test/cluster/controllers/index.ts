export type { Controller, ControllerContext } from './controller.ts';
export { controllerNames, startControllers, type ControllerName } from './start.ts';

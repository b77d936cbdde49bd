export { crowd, type CrowdOptions } from './crowd.ts';
export { startNodes, type Fleet, type FleetOptions } from './fleet.ts';
export { nodeSpecs, type NodeSpec } from './node-object.ts';

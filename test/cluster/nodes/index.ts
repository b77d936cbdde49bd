export { startNodes, type Fleet, type FleetOptions } from './fleet.ts';
export { nodeSpecs, type NodeSpec } from './node-object.ts';

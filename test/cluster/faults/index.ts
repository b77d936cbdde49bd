export { demoFaults, type DemoFault, type DemoTimes } from './demo.ts';
export type { FaultKind } from './fault.ts';
export type { Ground, Injected, Plane, Subject } from './ground.ts';
export { judge, Recovery, type Verdict } from './recovery.ts';
export { measures, type Measure } from './measures.ts';

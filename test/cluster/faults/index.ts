/**
 * The library of faults. `faultFamilies.get('memory-leak')` is one family, with everything that a scenario needs:
 *
 *     const family = faultFamilies.get('memory-leak');
 *     const injected = await family.inject(cluster.ground, { role: 'search' });   // at cluster time
 *     injected.rootCause                                                        // { kind, namespace, name }
 *     await perform(cluster.ground, family.cure({ role: 'search' })[0], injected); // what puts it right
 *     family.recovered(cluster.ground, { role: 'search' }, injected)            // { met, says }
 *     await injected.end();                                                     // the cause goes away
 *
 * `params` is a zod schema in which every parameter has a default. Workloads are named by role (`search`), never by
 * name: names and namespaces depend on the seed. `anomalies` are names of KubeWise's default queries; `acceptable` and
 * `harmful` say which of its actions, on which object. A plan is made of requests to the API server alone: what it does
 * to a fault follows from the mechanism in the model.
 */
export { demoFaults, type DemoFault, type DemoTimes } from './demo.ts';
export type { FaultFamily, SeriesName } from './family.ts';
export { role, type FaultKind } from './fault.ts';
export type { Ground, Injected, Plane, Subject } from './ground.ts';
export { judge, Recovery, type Verdict } from './recovery.ts';
export { measures, type Measure } from './measures.ts';
export { perform } from './perform.ts';
export { faultFamilies } from './registry.ts';
export type { Aim, Step } from './steps.ts';

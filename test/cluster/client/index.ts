export { createClient, withQuery, type KubeClient, type PatchType, type Query, type Ref } from './client.ts';
export { covers } from './covers.ts';
export { ApiError } from './errors.ts';
export type { Change, Informer } from './informer.ts';
export { createInformers, type Informers } from './informers.ts';
export { parseKubeconfig, readKubeconfig, type Connection } from './kubeconfig.ts';
export { createQueue, type WorkQueue } from './queue.ts';
export { createRecorder, microTime, time, type EventNote, type Recorder } from './recorder.ts';
export { collectionPath, keyOf, resourceOf, resourceOfObject, type Resource } from './resources.ts';

export { createClient, withQuery, type KubeClient, type PatchType, type Query, type Ref } from './client.ts';
export { ApiError } from './errors.ts';
export { createInformer, type Change, type Informer } from './informer.ts';
export { createInformers, type Informers } from './informers.ts';
export { parseKubeconfig, readKubeconfig, type Connection } from './kubeconfig.ts';
export { createQueue, type WorkQueue } from './queue.ts';
export { createRecorder, microTime, time, type EventNote, type Recorder } from './recorder.ts';
export { collectionPath, keyOf, resourceOf, resourceOfObject, splitKey, type Resource } from './resources.ts';

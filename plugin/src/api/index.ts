export { RequestFailed, failureOf, type Failure, type FailureKind } from './failure';
export { createTransport, type Params, type Transport } from './transport';
export { createKubeWise, type Filter, type KubeWise, type Range } from './kubewise';
export { datasourceType, instanceBy, instances, kubewiseAt, type Instance } from './instances';
export { useAnswer, type Answer, type Asked } from './useAnswer';
export { healthSentence } from './health';
export { allRights, rights, roleFor, type Right } from './rights';
export { useWrite } from './useWrite';
export { approve, reject, revise, type Decided } from './decide';

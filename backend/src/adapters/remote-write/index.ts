export { createRemoteWriteSource, type Received, type RemoteWriteOptions, type RemoteWriteSource } from './source.ts';

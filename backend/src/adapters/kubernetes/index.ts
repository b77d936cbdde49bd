export { connectKubernetes, type Connection, type ConnectOptions } from './connect.ts';

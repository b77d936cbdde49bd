export { openMongoStore, type MongoOptions } from './store.ts';

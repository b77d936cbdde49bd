export { readConnection, writeConnection, type Connection } from './connection.ts';
export { readYaml, readYamlFolder, watchYaml, type YamlFile } from './yaml.ts';
export { readBytes, readText, writeBytes, writeText } from './text.ts';

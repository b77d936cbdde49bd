export { readConnection, writeConnection, type Connection } from './connection.ts';
export { readYaml, readYamlFolder, watchYaml, type YamlFile } from './yaml.ts';
export { readText, writeText } from './text.ts';

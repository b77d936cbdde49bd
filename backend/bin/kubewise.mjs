#!/usr/bin/env node
/** TypeScript runs as it is from this version of Node on. */
const needed = 24;
if (Number.parseInt(process.versions.node, 10) >= needed) await import('../src/main.ts');
else {
  console.error(`kubewise: needs Node ${needed} or newer, this is ${process.versions.node}.`);
  console.error('On Linux x64 "npx kubewise", in the folder of KubeWise after npm start, brings its own.');
  process.exitCode = 2;
}

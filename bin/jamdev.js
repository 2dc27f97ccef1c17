#!/usr/bin/env node
// CommonJS: as an ES module, `import 'node:http'` would load 50 ms worth of web sockets with Node.js 22 and newer.
process.getBuiltinModule('module').createRequire(import.meta.url)('../dist/launch.cjs');

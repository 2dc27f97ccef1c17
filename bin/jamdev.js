#!/usr/bin/env node
// CommonJS, by the package.json next to it: Node.js starts an ES module 5 ms later, and its `import 'node:http'` would load
// 50 ms worth of web sockets with Node.js 22 and newer.
require('../dist/launch.cjs');

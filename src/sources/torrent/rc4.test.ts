import assert from 'node:assert/strict';
import { test } from 'node:test';
import Wire, { type Encryptor } from 'bittorrent-protocol';
import { encryptFaster, rc4 } from './rc4.ts';

test('the key stream is that of RFC 6229 from its 1024th byte on, however it is cut', () => {
  const wanted = '30abbcc7c20b01609f23ee2d5f6bb7df';
  const key = Uint8Array.of(1, 2, 3, 4, 5);
  assert.equal(Buffer.from(rc4(key)(new Uint8Array(16))).toString('hex'), wanted);
  const crypt = rc4(key);
  const parts = [1, 0, 7, 8].map((length) => Buffer.from(crypt(new Uint8Array(length))));
  assert.equal(Buffer.concat(parts).toString('hex'), wanted);
});

test('what one end encrypts the other one of the library itself reads', () => {
  const made = (): Encryptor => {
    const encryptor = new Wire('tcpOutgoing', 1)._encryptor;
    [encryptor.S, encryptor.skeyHex] = [Buffer.alloc(96, 7), 'ab'.repeat(20)];
    return encryptor;
  };
  const [ours, theirs] = [made(), made()];
  theirs._initializeCiphers('B');
  encryptFaster(Object.getPrototypeOf(ours) as Encryptor);
  ours._initializeCiphers('A');
  const said = Buffer.from('\x13BitTorrent protocol');
  assert.deepEqual(Buffer.from(theirs.decryptCipher(ours.encryptCipher(said))), said);
  const answer = theirs.encryptCipher(said);
  assert.deepEqual(Buffer.from(ours.decryptCipher(answer, answer)), said);
  assert.deepEqual(Buffer.from(answer), said);
});

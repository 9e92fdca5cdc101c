import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import tls, { type TLSSocket } from 'node:tls';
import { type Authority, makeAuthority } from '../../test/support/certificate.ts';
import { needs } from '../../test/support/needs.ts';
import type { Failure } from '../downloads/failure.ts';
import { systemClock } from '../time/clock.ts';
import { trustFrom } from './connect.ts';
import { get } from './get.ts';
import { ConnectionPool } from './pool.ts';

const openssl = needs('openssl');
let authority: Authority | undefined;
after(() => authority?.remove());

const frameKind = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const;
const endStream = 1;
const endHeaders = 4;

/** RFC 9113 section 4.1. */
function frame(kind: keyof typeof frameKind, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(frameKind[kind], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** `:status: 200`, then literals that are not indexed (RFC 7541 section 6.2.2). */
function head(fields: Readonly<Record<string, string>>): Buffer {
  const literal = ([name, value]: [string, string]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ];
  return Buffer.concat([Buffer.from([0x88]), ...Object.entries(fields).flatMap(literal)]);
}

const noError = Buffer.alloc(4);
const settings = frame('settings', 0, 0, Buffer.alloc(0));

/** Says `frames` to whoever asks for the first time on a connection, whatever he asks. */
async function frameServer(frames: readonly Buffer[]) {
  authority ??= makeAuthority();
  const { certText, keyText } = authority.issue('IP:127.0.0.1');
  const open = new Set<TLSSocket>();
  const server = tls.createServer({ cert: certText, key: keyText, ALPNProtocols: ['h2'] }, (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    let heard = Buffer.alloc(0);
    let isAnswered = false;
    socket.write(settings);
    socket.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      if (isAnswered || !asks(heard)) return;
      isAnswered = true;
      socket.write(Buffer.concat(frames));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const trust = trustFrom(readFileSync(authority.caFile, 'utf8'));
  const pool = new ConnectionPool({ clock: systemClock, connectTimeout: 10_000, trust: async () => trust });
  return {
    url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/f.bin`),
    pool,
    open,
    [Symbol.dispose]() {
      pool.close();
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

const preface = 24;

/** Whether a whole frame with a head is among what a client has said so far. */
function asks(heard: Buffer): boolean {
  for (let at = preface; at + 9 <= heard.length; at += 9 + heard.readUIntBE(at, 3)) {
    if (heard[at + 3] === frameKind.headers) return true;
  }
  return false;
}

/** How the body ends that those frames tell: its bytes and the failure, or all of it. */
async function heardOf(frames: readonly Buffer[]): Promise<{ readonly bytes: number; readonly failure?: Failure }> {
  using server = await frameServer(frames);
  const rules = { mostHops: 1, allowDowngrade: false };
  const ways = { pool: server.pool, clock: systemClock, headersTimeout: 10_000, redirects: rules };
  const { exchange } = await get(server.url, () => [], ways);
  let bytes = 0;
  return new Promise((resolve) => {
    exchange.read({
      bytes(_buffer, _offset, length) {
        bytes += length;
      },
      end: () => resolve({ bytes }),
      fail: (failure) => resolve({ bytes, failure }),
    });
  });
}

for (const [how, fields] of [
  ['without', {}],
  ['with', { 'content-length': '2000' }],
] as const) {
  test(`an answer ${how} a length is whole when its stream ends, and only then`, openssl, async () => {
    const begun = [frame('headers', endHeaders, 1, head(fields)), frame('data', 0, 1, Buffer.alloc(1000, 'a'))];
    const whole = await heardOf([...begun, frame('data', endStream, 1, Buffer.alloc(1000, 'b'))]);
    assert.deepEqual(whole, { bytes: 2000 });
    // Some gateways say "no error" when what stands behind them has broken off.
    const cut = await heardOf([...begun, frame('reset', 0, 1, noError)]);
    assert.equal(cut.failure?.class, 'network');
    const leaving = frame('goaway', 0, 0, Buffer.alloc(8));
    const left = await heardOf([...begun, leaving, frame('reset', 0, 1, noError)]);
    assert.equal(left.failure?.class, 'network');
  });
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import tls, { type TLSSocket } from 'node:tls';
import { type Authority, makeAuthority } from '../../test/support/certificate.ts';
import { needs } from '../../test/support/needs.ts';
import type { Failure } from '../downloads/failure.ts';
import { systemClock } from '../time/clock.ts';
import { connect, trustFrom } from './connect.ts';
import type { Exchange } from './exchange.ts';
import { get } from './get.ts';
import { Http2Socket } from './http2-socket.ts';
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
/** The first request is answered still. */
const leaving = frame('goaway', 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
const settings = frame('settings', 0, 0, Buffer.alloc(0));
/** The windows that the client has told hold from here on. */
const acknowledged = frame('settings', 1, 0, Buffer.alloc(0));

/** Says `frames` to whoever asks for the first time on a connection, whatever he asks; `leaves`: and closes it then. */
async function frameServer(frames: readonly Buffer[], leaves = false) {
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
      socket.write(Buffer.concat([acknowledged, ...frames]));
      if (leaves) socket.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const trust = trustFrom(readFileSync(authority.caFile, 'utf8'));
  const pool = new ConnectionPool({ clock: systemClock, connectTimeout: 10_000, trust: async () => trust });
  return {
    url: new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/f.bin`),
    pool,
    open,
    async untilLeft() {
      for (const socket of open) await new Promise((closed) => socket.once('close', closed));
    },
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

type Server = Awaited<ReturnType<typeof frameServer>>;

async function asked({ pool, url }: Server): Promise<Exchange> {
  const rules = { mostHops: 1, allowDowngrade: false };
  return (await get(url, () => [], { pool, clock: systemClock, headersTimeout: 10_000, redirects: rules })).exchange;
}

/** How the body ends that those frames tell: its bytes and the failure, or all of it. */
async function heardOf(frames: readonly Buffer[]): Promise<Heard> {
  using server = await frameServer(frames);
  return await read(await asked(server));
}

interface Heard {
  readonly bytes: number;
  readonly failure?: Failure;
}

function read(exchange: Exchange): Promise<Heard> {
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
    const left = await heardOf([...begun, leaving, frame('reset', 0, 1, noError)]);
    assert.equal(left.failure?.class, 'network');
  });
}

test('what a host has said before it left can still be read', { ...openssl, timeout: 20_000 }, async () => {
  const parts = Array.from({ length: 40 }, (_, n) => frame('data', n === 39 ? endStream : 0, 1, Buffer.alloc(16_000)));
  for (const fields of [{}, { 'content-length': `${40 * 16_000}` }]) {
    using server = await frameServer([frame('headers', endHeaders, 1, head(fields)), ...parts, leaving], true);
    const exchange = await asked(server);
    await server.untilLeft();
    assert.deepEqual(await read(exchange), { bytes: 40 * 16_000 });
  }
});

test('an answer that is given up closes its connection', { ...openssl, timeout: 20_000 }, async () => {
  using server = await frameServer([
    frame('headers', endHeaders, 1, head({})),
    frame('data', 0, 1, Buffer.alloc(1000)),
  ]);
  const exchange = await asked(server);
  assert.equal(server.open.size, 1);
  exchange.abandon();
  await server.untilLeft();
});

test('who it is, and where, is looked at as without HTTP/2', openssl, async () => {
  using server = await frameServer([]);
  const { pool, url } = server;
  const pins = [`sha256/${Buffer.alloc(32).toString('base64')}`];
  await assert.rejects(pool.take(url, undefined, false, { pins }), { class: 'tls', message: /not the pinned one/ });
  const wire = await pool.take(url, undefined);
  wire.destroy();
  const strict = new ConnectionPool({
    clock: systemClock,
    connectTimeout: 10_000,
    trust: async () => trustFrom(undefined),
  });
  await assert.rejects(strict.take(url, undefined), { class: 'tls', message: /signed by an authority/ });
  for (const host of ['127.0.0.1', 'localhost']) {
    const endpoint = { host, port: Number(url.port), secure: true };
    const options = { clock: systemClock, timeout: 10_000, publicOnly: true, http2: Http2Socket };
    await assert.rejects(connect(endpoint, options), { class: 'refused', message: /private network/ });
  }
});

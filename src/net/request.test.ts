import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { patterned } from '../../test/support/http-bench.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { Failure, type FailureClass } from '../downloads/failure.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { textOf, whileItComes } from './answer-text.ts';
import { trustFrom } from './connect.ts';
import type { BodySink, Exchange } from './exchange.ts';
import type { Method } from './http1/request-head.ts';
import { ConnectionPool } from './pool.ts';
import { request } from './request.ts';
import { RateLimit, type RequestBody } from './send-body.ts';

const never = new AbortController().signal;
const bytes = patterned(5_000_003);
const digest = createHash('sha256').update(bytes).digest('hex');

type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
let handle: Handle = () => {};
const heard: string[] = [];
const server = createServer((asked, response) => {
  heard.push(`${asked.method} ${asked.headers.expect ?? ''}`.trim());
  Promise.resolve(handle(asked, response)).catch(() => response.destroy());
});
server.on('checkContinue', (asked, response) => {
  response.writeContinue();
  server.emit('request', asked, response);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
after(() => {
  server.closeAllConnections();
  server.close();
});

function bodyOf(content: Uint8Array, told?: (at: number) => void): () => RequestBody {
  return () => {
    let at = 0;
    return {
      length: content.length,
      async next(most) {
        if (at >= content.length) return undefined;
        const piece = content.subarray(at, at + most);
        at += piece.length;
        told?.(at);
        return piece;
      },
    };
  };
}

async function ask(
  method: Method,
  body?: () => RequestBody,
  {
    to = url,
    clock = systemClock,
    ...how
  }: { to?: URL; clock?: Clock; onSent?: (bytes: number) => void; buckets?: RateLimit[] } = {},
) {
  const pool = new ConnectionPool({ clock, connectTimeout: 5000, trust: async () => trustFrom(undefined) });
  try {
    const options = { pool, clock, idleTimeout: 60_000, answerTimeout: 60_000, signal: never, ...how };
    const answer = await request({ method, url: to, headers: [], body }, options);
    return { status: answer.head.status, text: await textOf(answer, 10_000, never, 'protocol') };
  } finally {
    pool.close();
  }
}

const digestBack: Handle = async (asked, response) => {
  const hash = createHash('sha256');
  for await (const piece of asked) hash.update(piece as Buffer);
  response.end(hash.digest('hex'));
};

const failsWith = (failureClass: FailureClass, text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === failureClass && text.test(error.message);

test('a body arrives whole, what was taken is told in order, and large ones are announced', async () => {
  handle = digestBack;
  const told: number[] = [];
  heard.length = 0;
  const { text } = await ask('PUT', bodyOf(bytes), { onSent: (sent) => told.push(sent) });
  assert.equal(text, digest);
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
  );
  assert.equal(told.at(-1), bytes.length);
  await ask('POST', bodyOf(bytes.subarray(0, 10)));
  await ask('PUT', bodyOf(bytes.subarray(0, 0)));
  assert.deepEqual(heard, ['PUT 100-continue', 'POST', 'PUT']);
});

test('an answer to HEAD has no body, whatever length it tells', async () => {
  handle = (_asked, response) => void response.writeHead(200, { 'content-length': '1234567' }).end();
  assert.deepEqual(await ask('HEAD'), { status: 200, text: '' });
});

test('who does not know the question whether it wants a body is sent it unasked', async () => {
  handle = (asked, response) => {
    if (asked.headers.expect === undefined) return digestBack(asked, response);
    response.writeHead(417, { connection: 'close' }).end();
  };
  assert.equal((await ask('PUT', bodyOf(bytes))).text, digest);
});

test('who does not answer the question is sent the body after a second', async () => {
  const silent = net.createServer((socket) => {
    let taken = 0;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      taken += data.length;
      if (taken > bytes.length) socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    });
  });
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const clock = manualClock();
  const answer = ask('PUT', bodyOf(bytes), { clock, to: portOf(silent) });
  await clock.untilWaiting(1);
  const asked = setInterval(() => void clock.advance(500), 5);
  assert.equal((await answer).status, 201);
  clearInterval(asked);
  silent.close();
});

test('a refusal in the middle ends the sending and is heard; a success before the end is none', async () => {
  const early = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.once('data', () => socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nno`));
      socket.once('data', () => socket.pause());
    });
  });
  early.listen(0, '127.0.0.1');
  await once(early, 'listening');
  const large = patterned(32 << 20);
  let status = 413;
  assert.deepEqual(await ask('PUT', bodyOf(large), { to: portOf(early) }), { status: 413, text: 'no' });
  status = 200;
  await assert.rejects(
    ask('PUT', bodyOf(large), { to: portOf(early) }),
    failsWith('protocol', /before it had everything/),
  );
  early.close();
});

test('a body that fails ends the request with its own reason, and the server never has it whole', async () => {
  let wholes = 0;
  handle = (asked, response) => {
    asked.on('error', () => {});
    asked.resume().once('end', () => {
      wholes += 1;
      response.end();
    });
  };
  const broken: () => RequestBody = () => ({
    length: 3,
    next: async () => {
      throw new Failure('changed', 'it is another file now');
    },
  });
  await assert.rejects(ask('PUT', broken), failsWith('changed', /another file/));
  const short: () => RequestBody = () => ({ length: 10, next: async () => undefined });
  await assert.rejects(ask('PUT', short), /not as long as it said/);
  assert.equal(wholes, 0);
});

test('the rate is kept by all that share it', async () => {
  handle = digestBack;
  const limit = new RateLimit(10_000_000, systemClock);
  const began = systemClock.monotonic();
  const half = bytes.subarray(0, 2_500_000);
  await Promise.all([ask('PUT', bodyOf(half), { buckets: [limit] }), ask('PUT', bodyOf(half), { buckets: [limit] })]);
  const took = systemClock.monotonic() - began;
  assert.ok(took >= 450, `${took} ms`);
});

function portOf(of: net.Server): URL {
  return new URL(`http://127.0.0.1:${(of.address() as AddressInfo).port}/`);
}

test('an answer that stops in the middle is given up after the idle time, not before', async () => {
  const clock = manualClock();
  let sink: BodySink | undefined;
  let isOver = false;
  const read = (given: BodySink) => {
    sink = given;
  };
  const abandon = () => {
    isOver = true;
  };
  const exchange = { place: 'there', read, abandon } as unknown as Exchange;
  const reading = whileItComes(exchange, { clock, idleTimeout: 5000 }, never, (until, onBytes) =>
    textOf(exchange, 100, until, 'link', onBytes),
  );
  const end = assert.rejects(reading, /there sent nothing for 5 s/);
  await clock.advance(4000);
  sink?.bytes(Buffer.from('x'), 0, 1);
  await clock.advance(4000);
  assert.equal(isOver, false);
  await clock.advance(3000);
  await end;
  assert.equal(isOver, true);
});

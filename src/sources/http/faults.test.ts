import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Integrity } from '../../downloads/download.ts';
import { Failure } from '../../downloads/failure.ts';
import {
  type FaultServer,
  type FaultServerOptions,
  inTurn,
  startFaultServer,
} from '../../../test/support/fault-server.ts';
import { type HttpBench, httpBench, patterned, untilBytes } from '../../../test/support/http-bench.ts';

const bytes = patterned(2_000_000);
const other = patterned(2_000_000, 99);
const half = bytes.length / 2;

/** Weak or no validators, so that only an overlap can prove the version. */
const unproved = { etag: null, lastModified: null } as const;

async function serverFor(
  context: TestContext,
  options: FaultServerOptions = {},
): Promise<FaultServer & { link: string }> {
  const server = await startFaultServer({ body: bytes, ...options });
  context.after(() => server.close());
  return Object.assign(server, { link: `${server.url}/file.bin` });
}

async function fails(run: Promise<unknown>, failureClass: Failure['class'], text = /./): Promise<Failure> {
  let failure: Failure | undefined;
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.class, failureClass, error.message);
    assert.match(error.message, text);
    failure = error;
    return true;
  });
  return failure as Failure;
}

async function delivers(bench: HttpBench, link: string, integrity: Integrity, content = bytes): Promise<void> {
  const end = await bench.run(link);
  assert.equal(end.integrity, integrity);
  assert.equal(end.size, content.length);
  assert.ok(content.equals(await bench.content()), 'wrong bytes');
}

/** A first run that breaks off in the middle for good; the partial is as a later run finds it. */
async function interrupted(bench: HttpBench, server: FaultServer & { link: string }): Promise<number> {
  server.script(inTurn({ do: 'cut', after: half }, { do: 'hangUp' }));
  await fails(bench.run(server.link), 'network');
  server.script(() => ({ do: 'serve' }));
  const [range] = bench.partial.durable;
  assert.deepEqual(range, [0, half]);
  return half;
}

const range = (server: FaultServer): string | undefined => server.requests.at(-1)?.headers.get('range');

test('a download costs one request', async (context) => {
  const server = await serverFor(context);
  await delivers(await httpBench(context), server.link, 'validator');
  assert.equal(server.requests.length, 1);
  const { headers } = server.requests[0] ?? {};
  assert.equal(headers?.get('accept-encoding'), 'identity');
  assert.equal(headers?.get('range'), undefined);
});

test('many downloads use one connection', async (context) => {
  const server = await serverFor(context, { body: bytes.subarray(0, 50_000) });
  const bench = await httpBench(context);
  for (let n = 0; n < 5; n += 1) await delivers(bench, server.link, 'validator', bytes.subarray(0, 50_000));
  assert.equal(new Set(server.requests.map((request) => request.connection)).size, 1);
});

test('an idle connection that has died is replaced without a failure', async (context) => {
  const server = await serverFor(context, { body: bytes.subarray(0, 1000) });
  const bench = await httpBench(context);
  await delivers(bench, server.link, 'validator', bytes.subarray(0, 1000));
  bench.partial.durable = [];
  server.script(inTurn({ do: 'hangUp' }, { do: 'serve' }));
  await delivers(bench, server.link, 'validator', bytes.subarray(0, 1000));
});

test('an empty file is a file', async (context) => {
  const server = await serverFor(context, { body: new Uint8Array(0) });
  await delivers(await httpBench(context), server.link, 'validator', Buffer.alloc(0));
});

for (const cut of ['cut', 'reset'] as const) {
  test(`short body (${cut}): goes on within the run, from where it stands, with If-Range`, async (context) => {
    const server = await serverFor(context, { script: inTurn({ do: cut, after: half }, { do: 'serve' }) });
    const bench = await httpBench(context);
    await delivers(bench, server.link, 'validator');
    assert.match(range(server) ?? '', /^bytes=[1-9]\d*-$/);
    assert.equal(server.requests.at(-1)?.headers.get('if-range'), '"one"');
    assert.equal(bench.partial.notes.length, 1);
  });
}

test('short body again and again: as long as bytes keep coming a run goes on, then the engine decides', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'cut', after: 10_000 }) });
  const bench = await httpBench(context);
  await fails(bench.run(server.link), 'network', /before the end/);
  assert.equal(server.requests.length, 4);
  assert.deepEqual(bench.partial.durable, [[0, 40_000]]);
  server.script(() => ({ do: 'serve' }));
  await delivers(bench, server.link, 'validator');
});

test('a partial goes on in the next run with one request', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  const from = await interrupted(bench, server);
  const before = server.requests.length;
  await delivers(bench, server.link, 'validator');
  assert.equal(server.requests.length, before + 1);
  assert.equal(range(server), `bytes=${from}-`);
});

test('several gaps are filled one after the other, and nothing else is written', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await delivers(bench, server.link, 'validator');
  bench.partial.durable = [
    [100, 300_000],
    [500_000, 900_000],
  ];
  await delivers(bench, server.link, 'validator');
  assert.deepEqual(
    server.requests.slice(1).map((request) => request.headers.get('range')),
    ['bytes=0-99', 'bytes=300000-499999', 'bytes=900000-'],
  );
});

test('what stands in the partial behind the end of the file is cut off', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await appendFile(bench.partial.path, Buffer.alloc(bytes.length + 1000));
  await delivers(bench, server.link, 'validator');
});

test('a date is a validator where there is no ETag', async (context) => {
  const lastModified = new Date(Date.now() - 3_600_000).toUTCString();
  const server = await serverFor(context, { etag: null, lastModified });
  const bench = await httpBench(context);
  await interrupted(bench, server);
  await delivers(bench, server.link, 'validator');
  assert.equal(server.requests.at(-1)?.headers.get('if-range'), lastModified);
});

test('no usable validator: the end of the partial is fetched again and compared; the result is unverified', async (context) => {
  for (const claims of [unproved, { etag: 'W/"one"' }, { etag: null, lastModified: new Date().toUTCString() }]) {
    const server = await serverFor(context, claims);
    const bench = await httpBench(context);
    const from = await interrupted(bench, server);
    await delivers(bench, server.link, 'unverified');
    assert.equal(range(server), `bytes=${from - 262_144}-`);
    assert.equal(server.requests.at(-1)?.headers.has('if-range'), false);
  }
});

test('no usable validator and other bytes: changed, nothing of it is joined', async (context) => {
  const server = await serverFor(context, unproved);
  const bench = await httpBench(context);
  const from = await interrupted(bench, server);
  server.script(() => ({ do: 'serve', as: { body: other } }));
  await fails(bench.run(server.link), 'changed', /differs/);
  assert.deepEqual(bench.partial.durable, [[0, from]]);
});

test('no usable validator and another total: starts over', async (context) => {
  const server = await serverFor(context, unproved);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(() => ({ do: 'serve', as: { body: other.subarray(0, 1_900_000) } }));
  await delivers(bench, server.link, 'length', other.subarray(0, 1_900_000));
});

test('a cut within the run without validator is joined over an overlap', async (context) => {
  const server = await serverFor(context, { ...unproved, script: inTurn({ do: 'cut', after: half }, { do: 'serve' }) });
  await delivers(await httpBench(context), server.link, 'unverified');
});

test('200 to a range under the same version: one stream from 0, what is there is passed over', async (context) => {
  const server = await serverFor(context, { ranges: false });
  const bench = await httpBench(context);
  await interrupted(bench, server);
  const before = server.requests.length;
  await delivers(bench, server.link, 'validator');
  assert.equal(server.requests.length, before + 1);
});

test('200 to a range under another version: starts over in a new partial', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(() => ({ do: 'serve', as: { body: other, etag: '"two"' } }));
  const manifest = await bench.resolve(server.link);
  assert.equal(manifest.continues, false);
  assert.match(manifest.reason ?? '', /another one/);
  await delivers(bench, server.link, 'validator', other);
});

test('200 to a range without proof: starts over', async (context) => {
  const server = await serverFor(context, { ...unproved, ranges: false });
  const bench = await httpBench(context);
  await interrupted(bench, server);
  const manifest = await bench.resolve(server.link);
  assert.match(manifest.reason ?? '', /cannot continue in the middle/);
  await delivers(bench, server.link, 'length');
});

test('206 of another version although If-Range was sent: starts over', async (context) => {
  const server = await serverFor(context, { ifRange: false });
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(() => ({ do: 'serve', as: { body: other, etag: '"two"' } }));
  await delivers(bench, server.link, 'validator', other);
});

test('206 of another version in the middle of a run: changed, nothing of it is joined', async (context) => {
  const script = inTurn(
    { do: 'cut', after: half },
    { do: 'serve', as: { body: other, etag: '"two"', ifRange: false } },
  );
  const server = await serverFor(context, { script });
  const bench = await httpBench(context);
  await fails(bench.run(server.link), 'changed');
  assert.ok(bytes.subarray(0, half).equals((await bench.content()).subarray(0, half)));
  assert.deepEqual(bench.partial.durable, [[0, half]]);
});

test('206 that begins earlier than asked is written where it belongs', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(() => ({ do: 'early', by: 1000 }));
  await delivers(bench, server.link, 'validator');
});

test('206 that ends earlier than asked is followed by further ones', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(() => ({ do: 'short', most: 300_000 }));
  await delivers(bench, server.link, 'validator');
});

for (const claim of [
  'bytes 0-99/100',
  'bytes 1-2',
  'nonsense',
  `bytes 999-1999999/2000000`,
  'bytes */2000000',
  `bytes 1999999-999/2000000`,
]) {
  test(`206 with the wrong Content-Range "${claim}": single stream from the beginning`, async (context) => {
    const server = await serverFor(context);
    const bench = await httpBench(context);
    await interrupted(bench, server);
    server.script((request) => (request.headers.has('range') ? { do: 'range', claim } : { do: 'serve' }));
    await delivers(bench, server.link, 'validator');
    assert.equal(range(server), undefined);
  });
}

test('416 for a partial that is larger than the file: starts over', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  const small = other.subarray(0, 100);
  server.script(() => ({ do: 'serve', as: { body: small, ifRange: false, etag: '"two"' } }));
  await delivers(bench, server.link, 'validator', small);
});

test('416 always: the file is fetched without ranges', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script((request) => (request.headers.has('range') ? { do: 'status', status: 416 } : { do: 'serve' }));
  await delivers(bench, server.link, 'validator');
});

test('416 for a complete partial of unknown size: the last byte proves that it is complete', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await delivers(bench, server.link, 'validator');
  bench.partial.token = { ...bench.partial.token, total: null };
  await delivers(bench, server.link, 'validator');
  assert.equal(range(server), `bytes=${bytes.length - 1}-`);
});

for (const status of [304, 412]) {
  test(`${status} on a partial is never success: starts over`, async (context) => {
    const server = await serverFor(context);
    const bench = await httpBench(context);
    await interrupted(bench, server);
    server.script((request) => (request.headers.has('range') ? { do: 'status', status } : { do: 'serve' }));
    await delivers(bench, server.link, 'validator');
    assert.equal(bench.partial.durable.length, 1);
  });
}

test('excess body: cut at the announced end, and said; the next run finds it complete', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'excess', bytes: 500 }) });
  const bench = await httpBench(context);
  await fails(bench.run(server.link), 'protocol', /more/);
  assert.equal((await bench.content()).length, bytes.length);
  server.script(() => ({ do: 'serve' }));
  await delivers(bench, server.link, 'validator');
});

test('a Content-Length that is too long is a short body, a contradictory one is refused', async (context) => {
  const server = await serverFor(context, {
    etag: null,
    script: () => ({ do: 'length', announce: bytes.length + 10 }),
  });
  await fails((await httpBench(context)).run(server.link), 'network');
  server.script(() => ({ do: 'length', announce: '5, 6' }));
  await fails((await httpBench(context)).run(server.link), 'protocol', /Content-Length/);
});

test('chunked: complete with its terminator, whatever the chunks', async (context) => {
  for (const size of [1000, 70_000, 5_000_000]) {
    const server = await serverFor(context, { script: () => ({ do: 'chunked', size }) });
    await delivers(await httpBench(context), server.link, 'length');
  }
});

test('chunked that ends early is incomplete, and goes on where the server has ranges', async (context) => {
  const server = await serverFor(context, {
    script: inTurn({ do: 'chunked', size: 7000, after: half }, { do: 'serve' }),
  });
  await delivers(await httpBench(context), server.link, 'validator');
  const without = await serverFor(context, {
    ranges: false,
    script: () => ({ do: 'chunked', size: 7000, after: half }),
  });
  await fails((await httpBench(context)).run(without.link), 'network', /cannot continue/);
});

test('no length, close-delimited: complete but unverified', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'close' }) });
  await delivers(await httpBench(context), server.link, 'unverified');
});

test('close-delimited and reset: incomplete', async (context) => {
  const server = await serverFor(context, { etag: null, script: () => ({ do: 'close', after: half, reset: true }) });
  await fails((await httpBench(context)).run(server.link), 'network');
});

test('encoded although identity was asked: decoded while it passes', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'gzip' }) });
  const bench = await httpBench(context);
  const manifest = await bench.resolve(server.link);
  assert.equal(manifest.totalBytes, null);
  await delivers(bench, server.link, 'length');
});

test('an encoding that is not understood, a damaged body and a bomb are refused', async (context) => {
  const server = await serverFor(context, { headers: ['Content-Encoding: compress'] });
  await fails((await httpBench(context)).run(server.link), 'protocol', /compress/);
  const damaged = await serverFor(context, { headers: ['Content-Encoding: gzip'] });
  await fails((await httpBench(context)).run(damaged.link), 'protocol', /damaged/);
  const bomb = await serverFor(context, { body: Buffer.alloc(200_000_000), script: () => ({ do: 'gzip' }) });
  await fails((await httpBench(context)).run(bomb.link), 'suspect', /absurdly/);
});

test('HTML where a file was expected: suspect, at once or in the place of the rest; the partial stays', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'page' }) });
  const bench = await httpBench(context);
  await fails(bench.run(server.link), 'suspect', /web page/);
  const from = await interrupted(bench, server);
  server.script(() => ({ do: 'page' }));
  await fails(bench.run(server.link), 'suspect');
  assert.deepEqual(bench.partial.durable, [[0, from]]);
  server.script(() => ({ do: 'page', type: 'application/zip' }));
  await fails((await httpBench(context)).run(server.link), 'suspect');
});

test('a page that was asked for is delivered', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'page' }) });
  const bench = await httpBench(context);
  assert.match((await bench.run(`${server.url}/`)) && (await bench.content()).toString(), /Log in/);
});

test('statuses end in their class with the time that was named', async (context) => {
  const server = await serverFor(context);
  const answer = async (status: number, headers: string[] = [], text = ''): Promise<Failure> => {
    server.script(() => ({ do: 'status', status, headers, text }));
    let failure: unknown;
    await (await httpBench(context)).run(server.link).catch((error: unknown) => {
      failure = error;
    });
    assert.ok(failure instanceof Failure);
    return failure;
  };
  assert.equal((await answer(404)).class, 'refused');
  assert.equal((await answer(403)).class, 'refused');
  assert.equal((await answer(500)).class, 'server');
  assert.equal((await answer(503)).class, 'server');
  assert.equal((await answer(509)).class, 'quota');
  assert.equal((await answer(403, [], 'download limit exceeded')).class, 'quota');
  const limited = await answer(429, ['Retry-After: 120']);
  assert.equal(limited.class, 'rate_limit');
  assert.ok(limited.retry.when === 'later' && Math.abs((limited.retry.at ?? 0) - Date.now() - 120_000) < 10_000);
});

test('redirects are followed to the file, named by it, and asked again in each run', async (context) => {
  const server = await serverFor(context);
  const file = server.link;
  const script = (request: { target: string }) =>
    request.target === '/file.bin'
      ? ({ do: 'serve' } as const)
      : ({ do: 'redirect', to: request.target === '/a' ? '/b' : file } as const);
  const bench = await httpBench(context);
  await interrupted(bench, server);
  server.script(script);
  const manifest = await bench.resolve(`${server.url}/a`);
  assert.equal(manifest.name, 'file.bin');
  await delivers(bench, `${server.url}/a`, 'validator');
  assert.deepEqual(
    server.requests.slice(-3).map((request) => request.target),
    ['/a', '/b', '/file.bin'],
  );
});

test('a redirect loop ends with one sentence', async (context) => {
  const server = await serverFor(context, {
    script: (request) => ({ do: 'redirect', to: request.target === '/a' ? '/b' : '/a' }),
  });
  await fails((await httpBench(context)).run(`${server.url}/a`), 'refused', /circle/);
  server.script((request) => ({ do: 'redirect', to: `${request.target}x` }));
  await fails((await httpBench(context)).run(`${server.url}/a`), 'refused', /more than 10/);
});

test('credentials do not follow a redirect to another origin', async (context) => {
  const elsewhere = await serverFor(context);
  const server = await serverFor(context, { script: () => ({ do: 'redirect', to: elsewhere.link }) });
  const bench = await httpBench(context, {}, { options: { headers: ['Cookie: a=b', 'X-Key: k'] } });
  await delivers(bench, server.link.replace('://', '://me:secret@'), 'validator');
  assert.equal(
    server.requests[0]?.headers.get('authorization'),
    `Basic ${Buffer.from('me:secret').toString('base64')}`,
  );
  assert.equal(server.requests[0]?.headers.get('cookie'), 'a=b');
  const { headers } = elsewhere.requests[0] ?? {};
  for (const name of ['authorization', 'cookie', 'x-key']) assert.equal(headers?.has(name), false, name);
  assert.doesNotMatch(JSON.stringify(bench.partial.token), /secret/);
});

test('an expired target is found again through the link within the run', async (context) => {
  const server = await serverFor(context);
  let signature = 1;
  server.script((request) => {
    if (request.target === '/link') return { do: 'redirect', to: `/file.bin?s=${signature}` };
    if (request.target !== `/file.bin?s=${signature}`) return { do: 'status', status: 403 };
    if (request.headers.has('range')) return { do: 'serve' };
    signature += 1;
    return { do: 'cut', after: half };
  });
  await delivers(await httpBench(context), `${server.url}/link`, 'validator');
});

test('the digest that was asked for is computed on the way, but not over a resumed file', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context, {}, { options: { checksum: 'sha-256=00' } });
  const end = await bench.run(server.link);
  assert.equal(end.digest, `sha-256=${createHash('sha256').update(bytes).digest('hex')}`);
  bench.partial.durable = [[0, 10]];
  assert.equal((await bench.run(server.link)).digest, undefined);
});

test('an answer that was held too long, or has died, is asked for again', async (context) => {
  const server = await serverFor(context, { script: inTurn({ do: 'cut', after: 0 }, { do: 'serve' }) });
  await delivers(await httpBench(context), server.link, 'validator');
  assert.equal(server.requests.length, 2);
});

test('what does not speak HTTP, or hangs up, is said in one sentence', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'raw', text: 'SSH-2.0-OpenSSH_9\r\n' }) });
  await fails((await httpBench(context)).run(server.link), 'protocol', /HTTP/);
  server.script(() => ({ do: 'hangUp' }));
  await fails((await httpBench(context)).run(server.link), 'network', /without an answer/);
  server.script(() => ({ do: 'raw', text: 'HTTP/1.1 200 OK\r\nContent-' }));
  await fails((await httpBench(context)).run(server.link), 'network', /within the head/);
});

test('a nudge goes on over a new connection', async (context) => {
  const server = await serverFor(context, { script: inTurn({ do: 'silence', after: half }, { do: 'serve' }) });
  const bench = await httpBench(context);
  const transfer = await bench.begin(server.link);
  await untilBytes(transfer, half);
  transfer.nudge();
  await transfer.done;
  await transfer.close();
  assert.ok(bytes.equals(await bench.content()));
});

test('no connection stays open when a source is closed', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await delivers(bench, server.link, 'validator');
  await bench.resolve(server.link);
  await bench.source.close();
  while (server.open > 0) await new Promise((resolve) => setImmediate(resolve));
});

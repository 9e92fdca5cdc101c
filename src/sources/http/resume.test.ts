import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inTurn } from '../../../test/support/fault-server.ts';
import { httpBench, untilBytes } from '../../../test/support/http-bench.ts';
import {
  content as bytes,
  delivers,
  fails,
  half,
  interrupted,
  lastRange,
  otherContent as other,
  serverFor,
} from '../../../test/support/http-faults.ts';

/** Weak or no validators, so that only an overlap can prove the version. */
const unproved = { etag: null, lastModified: null } as const;

for (const cut of ['cut', 'reset'] as const) {
  test(`short body (${cut}): goes on within the run, from where it stands, with If-Range`, async (context) => {
    const server = await serverFor(context, { script: inTurn({ do: cut, after: half }, { do: 'serve' }) });
    const bench = await httpBench(context);
    await delivers(bench, server.link, 'validator');
    assert.match(lastRange(server) ?? '', /^bytes=[1-9]\d*-$/);
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
  assert.equal(lastRange(server), `bytes=${from}-`);
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
    assert.equal(lastRange(server), `bytes=${from - 262_144}-`);
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
    assert.equal(lastRange(server), undefined);
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
  assert.equal(lastRange(server), `bytes=${bytes.length - 1}-`);
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

test('a Content-Length that is too long is a short body, a contradictory one is refused', async (context) => {
  const server = await serverFor(context, {
    etag: null,
    script: () => ({ do: 'length', announce: bytes.length + 10 }),
  });
  await fails((await httpBench(context)).run(server.link), 'network');
  server.script(() => ({ do: 'length', announce: '5, 6' }));
  await fails((await httpBench(context)).run(server.link), 'protocol', /Content-Length/);
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

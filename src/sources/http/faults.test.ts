import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { codings } from '../../../test/support/fault-replies.ts';
import { inTurn } from '../../../test/support/fault-server.ts';
import { httpBench } from '../../../test/support/http-bench.ts';
import { content as bytes, delivers, fails, half, interrupted, serverFor } from '../../../test/support/http-faults.ts';
import { Failure } from '../../downloads/failure.ts';

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

test('excess body: cut at the announced end, and said; the next run finds it complete', async (context) => {
  const server = await serverFor(context, { script: () => ({ do: 'excess', bytes: 500 }) });
  const bench = await httpBench(context);
  await fails(bench.run(server.link), 'protocol', /more/);
  assert.equal((await bench.content()).length, bytes.length);
  server.script(() => ({ do: 'serve' }));
  await delivers(bench, server.link, 'validator');
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

test('encoded although identity was asked: decoded while it passes, and cut off it is no file', async (context) => {
  for (const coding of ['gzip', 'deflate', 'br', 'zstd'] as const) {
    const server = await serverFor(context, { script: () => ({ do: 'gzip', coding }) });
    const bench = await httpBench(context);
    const manifest = await bench.resolve(server.link);
    assert.equal(manifest.totalBytes, null);
    await delivers(bench, server.link, 'length');
    const packed = codings[coding](bytes);
    for (const [body, says] of [
      [packed.subarray(0, -10), /damaged/],
      [Buffer.from('no such bytes'), /damaged/],
      // A decoder that stops at the first end would deliver half of it.
      ...(coding === 'gzip' ? [] : [[Buffer.concat([packed, packed]), /behind the end/] as const]),
    ] as const) {
      const wrong = await serverFor(context, { headers: [`Content-Encoding: ${coding}`], body });
      await fails((await httpBench(context)).run(wrong.link), 'protocol', says);
    }
  }
});

test('an encoding that is not understood, a damaged body and a bomb are refused', async (context) => {
  const server = await serverFor(context, { headers: ['Content-Encoding: compress'] });
  await fails((await httpBench(context)).run(server.link), 'protocol', /compress/);
  const damaged = await serverFor(context, { headers: ['Content-Encoding: gzip'] });
  await fails((await httpBench(context)).run(damaged.link), 'protocol', /damaged/);
  const bomb = await serverFor(context, { body: Buffer.alloc(110_000_000), script: () => ({ do: 'gzip' }) });
  await fails((await httpBench(context)).run(bomb.link), 'suspect', /absurdly/);
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

test('no connection stays open when a source is closed', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  await delivers(bench, server.link, 'validator');
  await bench.resolve(server.link);
  await bench.source.close();
  await server.untilLeft();
});

test('a manifest that nothing is fetched of leaves no connection open', async (context) => {
  const server = await serverFor(context);
  const bench = await httpBench(context);
  bench.source.discard?.(await bench.resolve(server.link));
  await server.untilLeft();
});

test('a digest of the whole file that the server tells is compared with what came', async (context) => {
  const md5 = createHash('md5').update(bytes).digest();
  const server = await serverFor(context, { headers: [`Content-MD5: ${md5.toString('base64')}`] });
  const bench = await httpBench(context);
  assert.equal((await bench.resolve(server.link)).digest, `md5=${md5.toString('hex')}`);
  assert.equal((await bench.run(server.link)).digest, `md5=${md5.toString('hex')}`);
  const both = await serverFor(context, {
    headers: [
      `Content-MD5: ${md5.toString('base64')}`,
      `Repr-Digest: sha-256=:${Buffer.alloc(32).toString('base64')}:`,
    ],
  });
  assert.equal((await (await httpBench(context)).resolve(both.link)).digest, `sha-256=${'0'.repeat(64)}`);
});

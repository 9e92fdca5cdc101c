import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpBench, patterned, untilBytes } from '../../../test/support/http-bench.ts';
import { content, delivers, fails, interrupted, otherContent, serverFor } from '../../../test/support/http-faults.ts';

const MiB = 1 << 20;
const big = patterned(4 * MiB, 3);
const otherBig = patterned(4 * MiB, 4);
/** Small pieces, so that a small file is worth several connections. */
const least_piece = MiB / 4;

for (const [what, durable] of [
  ['its first bytes', [[500_000, content.length]]],
  ['all but its first few bytes', [[0, 4000]]],
] as const) {
  test(`a partial that lacks ${what}, whose validator is told no more, is fetched anew: nothing can be compared`, async (context) => {
    const server = await serverFor(context);
    const bench = await httpBench(context);
    await delivers(bench, server.link, 'validator');
    bench.partial.durable = durable;
    server.claim({ etag: null, ifRange: false, body: otherContent });
    await delivers(bench, server.link, 'length', otherContent);
  });
}

test('what begins under a validator never goes on with an answer that has none', async (context) => {
  const server = await serverFor(context, {
    body: big,
    ifRange: false,
    script: ({ number, headers }) => {
      if (number === 1) return { do: 'cut', after: 0 };
      return headers.has('range')
        ? { do: 'serve' }
        : { do: 'serve', rate: 3 * MiB, as: { etag: null, body: otherBig } };
    },
  });
  const bench = await httpBench(context, { connections: 4, connections_after: 1, least_piece });
  await fails(bench.run(server.link), 'network', /cannot continue in the middle/);
  await delivers(bench, server.link, 'length', otherBig);
});

test('a mirror that tells its version no more is left out, and the result stays as sure as it was', async (context) => {
  const one = await serverFor(context, { body: big, rate: 4 * MiB });
  const two = await serverFor(context, {
    body: big,
    ifRange: false,
    script: ({ headers }) => ({ do: 'serve', ...(headers.get('range') === 'bytes=0-0' ? {} : { as: { etag: null } }) }),
  });
  const bench = await httpBench(context, { connections: 2, least_piece }, { options: { mirrors: [two.link] } });
  await delivers(bench, one.link, 'validator', big);
  assert.match(bench.partial.notes.join(), /a mirror is left out/);
});

test('connections whose answers are empty are not asked for again and again', async (context) => {
  const server = await serverFor(context, {
    body: big,
    rate: 2 * MiB,
    script: ({ headers }) => {
      const [, from, to] = /(\d+)-(\d*)/.exec(headers.get('range') ?? '') ?? [];
      if (from === undefined) return { do: 'serve' };
      const range = `Content-Range: bytes ${from}-${to || big.length - 1}/${big.length}`;
      return {
        do: 'raw',
        text: `HTTP/1.1 206 OK\r\nETag: "one"\r\nTransfer-Encoding: chunked\r\n${range}\r\n\r\n0\r\n\r\n`,
      };
    },
  });
  const bench = await httpBench(context, { connections: 4, least_piece });
  await delivers(bench, server.link, 'validator', big);
  assert.ok(server.requests.length < 10, `${server.requests.length} requests`);
});

test('where the host may have no further connection, the one that works keeps all of its piece', async (context) => {
  const server = await serverFor(context, { body: big, rate: 16 * MiB });
  const bench = await httpBench(context, { connections: 4, connections_per_host: 1, least_piece });
  await delivers(bench, server.link, 'validator', big);
  assert.equal(server.requests.length, 1);
});

for (const late of [undefined, 'answers late'] as const) {
  test(`no byte has two writers, and a piece whose answer ${late ?? 'never comes'} holds nothing up`, async (context) => {
    const server = await serverFor(context, {
      body: big,
      rate: 2 * MiB,
      script: ({ number }) => {
        if (number === 2) return late ? { do: 'serve', delay: 1900 } : { do: 'mute' };
        return { do: 'serve', ...(number === 3 ? { rate: MiB / 2 } : {}) };
      },
    });
    const bench = await httpBench(context, { connections: 2, least_piece });
    const transfer = await bench.begin(server.link);
    await server.untilRequests(2);
    await untilBytes(transfer, MiB / 4);
    transfer.tune({ connections: 3 });
    const end = await transfer.done;
    assert.equal(end.files[0]?.integrity, 'validator');
    assert.equal(transfer.progress().bytes, big.length);
    await transfer.close();
    assert.ok(big.equals(await bench.content()));
    assert.deepEqual(
      server.requests.slice(1, 3).map(({ headers }) => headers.get('range')),
      ['bytes=2097152-', 'bytes=3145728-'],
    );
  });
}

test('what is here is not given up for a mirror with another version while the first link may come back', async (context) => {
  const [one, two] = [await serverFor(context), await serverFor(context, { etag: '"mirror"' })];
  const bench = await httpBench(context, {}, { options: { mirrors: [two.link] } });
  const from = await interrupted(bench, one);
  one.script(() => ({ do: 'status', status: 503 }));
  await fails(bench.run(one.link), 'server');
  assert.deepEqual(bench.partial.durable, [[0, from]]);
  one.script(() => ({ do: 'status', status: 404 }));
  await delivers(bench, one.link, 'validator');
});

import assert from 'node:assert/strict';
import http2, { type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificate.ts';
import { httpBench, patterned } from '../../../test/support/http-bench.ts';
import { needs } from '../../../test/support/needs.ts';

const content = patterned(3_000_000);

/** How a body ends. */
type Ending = 'whole' | 'reset' | 'gone';

interface Served {
  readonly sized: boolean;
  readonly ending: Ending;
}

/** Speaks HTTP/2 and nothing else. */
async function onlyHttp2(context: TestContext, { sized, ending }: Served) {
  const authority = makeAuthority();
  const { certText, keyText } = authority.issue('DNS:localhost,IP:127.0.0.1');
  const server = http2.createSecureServer({ cert: certText, key: keyText, allowHTTP1: false });
  let sessions = 0;
  const open = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => {
    sessions += 1;
    open.add(session);
    session.on('close', () => open.delete(session));
  });
  server.on('sessionError', () => {});
  const ranges: (string | undefined)[] = [];
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    const range = headers.range;
    ranges.push(range);
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    const body = content.subarray(from);
    const part =
      range === undefined ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` };
    stream.respond({
      ':status': range === undefined ? 200 : 206,
      etag: '"one"',
      ...(sized ? { 'content-length': body.length, 'accept-ranges': 'bytes' } : {}),
      ...part,
    });
    if (ending === 'whole' || ranges.length > 1) return void stream.end(body);
    stream.write(body.subarray(0, 1_000_000), () => {
      if (ending === 'reset') stream.destroy(new Error('reset'));
      else for (const session of open) session.destroy();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => {
    for (const session of open) session.destroy();
    server.close();
    authority.remove();
  });
  const link = `https://127.0.0.1:${(server.address() as AddressInfo).port}/f.bin`;
  return { link, ranges, caFile: authority.caFile, sessions: () => sessions };
}

for (const sized of [true, false]) {
  const length = sized ? 'with' : 'without';
  test(`a host that speaks only HTTP/2 is asked that way, ${length} a length`, needs('openssl'), async (context) => {
    const server = await onlyHttp2(context, { sized, ending: 'whole' });
    const bench = await httpBench(context, { ca_file: server.caFile });
    await bench.run(server.link);
    assert.ok((await bench.content()).equals(content));
    await bench.run(server.link);
    // Of an answer without a length the rest would have to be read for that.
    if (sized) assert.equal(server.sessions(), 1, 'one connection carries both');
  });

  for (const ending of ['reset', 'gone'] as const) {
    test(
      `a body over HTTP/2 ${length} a length that is ${ending} in the middle is never taken for a whole one`,
      needs('openssl'),
      async (context) => {
        const server = await onlyHttp2(context, { sized, ending });
        const bench = await httpBench(context, { ca_file: server.caFile });
        // It goes on by itself over a new connection.
        await bench.run(server.link);
        assert.ok((await bench.content()).equals(content));
        assert.match(server.ranges[1] ?? '', /^bytes=\d+-/);
      },
    );
  }
}

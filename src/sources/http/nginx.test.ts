import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeAuthority } from '../../../test/support/certificate.ts';
import { type HttpBench, httpBench, untilBytes } from '../../../test/support/http-bench.ts';
import { needs } from '../../../test/support/needs.ts';
import { makeFile, type Nginx, type NginxOptions, startNginx } from '../../../test/support/nginx.ts';

const size = 64 << 20;

async function served(
  context: TestContext,
  options: NginxOptions = {},
): Promise<Nginx & { sha256: string; link: string }> {
  const nginx = await startNginx(options);
  context.after(() => nginx.stop());
  return Object.assign(nginx, { sha256: makeFile(join(nginx.root, 'file.bin'), size), link: `${nginx.url}/file.bin` });
}

async function sha256(bench: HttpBench): Promise<string> {
  return createHash('sha256')
    .update(await bench.content())
    .digest('hex');
}

test('nginx: a file arrives whole with one request', needs('nginx'), async (context) => {
  const nginx = await served(context);
  const bench = await httpBench(context);
  const end = await bench.run(nginx.link);
  assert.deepEqual([end.size, end.integrity], [size, 'validator']);
  assert.equal(await sha256(bench), nginx.sha256);
  await bench.source.close();
  const requests = await nginx.requests();
  assert.deepEqual(
    requests.map(({ status, range }) => [status, range]),
    [[200, '']],
  );
});

test('nginx: a run that is closed at any moment goes on where it was durable', needs('nginx'), async (context) => {
  const nginx = await served(context, { limitRate: '64m' });
  const bench = await httpBench(context);
  for (const share of [0.1, 0.35, 0.6, 0.8]) {
    const transfer = await bench.begin(nginx.link);
    await untilBytes(transfer, size * share);
    bench.partial.durable = (await transfer.flush())[0]?.ranges ?? [];
    await transfer.close();
  }
  assert.equal((await bench.run(nginx.link)).integrity, 'validator');
  assert.equal(await sha256(bench), nginx.sha256);
  const ranges = (await nginx.requests()).map(({ status }) => status);
  assert.deepEqual(ranges.slice(1), [206, 206, 206, 206]);
});

test('nginx: TLS, and a file that was replaced between two runs', needs('nginx', 'openssl'), async (context) => {
  const authority = makeAuthority();
  context.after(() => authority.remove());
  const nginx = await served(context, { certificate: authority.issue('IP:127.0.0.1'), limitRate: '64m' });
  const bench = await httpBench(context, { ca_file: authority.caFile });
  const transfer = await bench.begin(nginx.link);
  await untilBytes(transfer, size / 2);
  bench.partial.durable = (await transfer.flush())[0]?.ranges ?? [];
  await transfer.close();
  const sha = makeFile(join(nginx.root, 'file.bin'), size - 1);
  assert.equal((await bench.run(nginx.link)).size, size - 1);
  assert.equal(await sha256(bench), sha);
});

test('nginx: a rate limit is never exceeded by more than 5 %', needs('nginx'), async (context) => {
  const nginx = await served(context);
  const bench = await httpBench(context);
  const transfer = await bench.begin(nginx.link);
  transfer.tune({ rate: 1_000_000 });
  const begun = performance.now();
  await untilBytes(transfer, 2_000_000);
  const allowed = 1_050_000 * ((performance.now() - begun) / 1000);
  const { bytes } = transfer.progress();
  await transfer.close();
  assert.ok(bytes <= allowed, `${bytes} bytes, allowed were ${Math.round(allowed)}`);
});

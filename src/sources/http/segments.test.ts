import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../../../test/support/killed-download.ts';
import { needs } from '../../../test/support/needs.ts';
import { makeFile, startNginx } from '../../../test/support/nginx.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import type { Range } from '../../downloads/ranges.ts';
import { silentLog } from '../../log/log.ts';
import { systemClock } from '../../time/clock.ts';
import type { Source } from '../source.ts';
import { createHttpSource } from './http-source.ts';

const MiB = 2 ** 20;
const unlimited = new AbortController().signal;

async function fetched(
  link: string,
  connections: number,
  durable: readonly Range[] = [],
  prefill?: Buffer,
  before?: (source: Source) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-segments-'));
  const config = { ...defaults.http, connections, connections_after: 0 };
  const source = createHttpSource({ config, clock: systemClock, disk: realDisk, log: silentLog });
  try {
    const path = join(folder, 'x.part');
    const file = realDisk.create(path);
    for (const [from, to] of prefill ? durable : []) file.write(prefill ?? Buffer.alloc(0), from, to - from, from);
    await file.close();
    await before?.(source);
    const request = { link, options: {}, directory: folder };
    const first = await source.resolve(request, unlimited);
    const resume = durable.length > 0 ? { resume: { token: first.resumeToken, durable } } : {};
    const manifest = durable.length > 0 ? await source.resolve({ ...request, ...resume }, unlimited) : first;
    const target = { position: 0, path, size: manifest.totalBytes, durable };
    const transfer = source.fetch({ manifest, targets: [target], options: {} });
    let most = 0;
    const stop = systemClock.every(5, () => {
      most = Math.max(most, transfer.progress().connections);
    });
    const end = await transfer.done;
    stop();
    const ranges = await transfer.flush();
    await transfer.close();
    return { digest: await sha256(path), end, most, ranges };
  } finally {
    await source.close();
    await rm(folder, { recursive: true, force: true });
  }
}

test('eight connections fetch every byte once, and divide the file among themselves', needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '4m' });
  try {
    const digest = makeFile(join(nginx.root, 'f.bin'), 24 * MiB);
    const got = await fetched(`${nginx.url}/f.bin`, 8);
    assert.equal(got.digest, digest);
    assert.equal(got.most, 8);
    assert.equal(got.end.files[0]?.integrity, 'validator');
    assert.deepEqual(got.ranges[0]?.ranges, [[0, 24 * MiB]]);
  } finally {
    await nginx.stop();
  }
});

test('after a resume only the holes are fetched', needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '8m' });
  try {
    const digest = makeFile(join(nginx.root, 'f.bin'), 16 * MiB);
    const content = await readFile(join(nginx.root, 'f.bin'));
    const durable: Range[] = [
      [0, 3 * MiB],
      [5 * MiB, 6 * MiB],
      [9 * MiB, 15 * MiB],
    ];
    const got = await fetched(`${nginx.url}/f.bin`, 4, durable, content);
    assert.equal(got.digest, digest);
    const ranges = (await nginx.requests()).map(({ range }) => range).filter((range) => range !== '');
    assert.ok(ranges.length >= 3, 'each hole has a request');
    for (const range of ranges) {
      const from = Number(/bytes=(\d+)-/.exec(range)?.[1]);
      assert.ok(!durable.some(([low, high]) => low <= from && from < high), `${range} asks for what is there`);
    }
  } finally {
    await nginx.stop();
  }
});

test(
  'a host that refuses more than two connections is served with two, and the file is right',
  needs('nginx'),
  async () => {
    const extra = 'limit_conn perip 2;';
    const nginx = await startNginx({
      limitRate: '3m',
      http: 'limit_conn_zone $binary_remote_addr zone=perip:1m;',
      extra,
    });
    try {
      const digest = makeFile(join(nginx.root, 'f.bin'), 12 * MiB);
      const got = await fetched(`${nginx.url}/f.bin`, 8);
      assert.equal(got.digest, digest);
      assert.equal(got.end.files[0]?.integrity, 'validator');
      assert.ok(
        (await nginx.requests()).some(({ status }) => status === 503),
        'it did refuse',
      );
    } finally {
      await nginx.stop();
    }
  },
);

test('a server without ranges is served over the first connection alone', needs('nginx'), async () => {
  const nginx = await startNginx({ limitRate: '8m', extra: 'max_ranges 0;' });
  try {
    const digest = makeFile(join(nginx.root, 'f.bin'), 8 * MiB);
    const got = await fetched(`${nginx.url}/f.bin`, 4);
    assert.equal(got.digest, digest);
    const whole = (await nginx.requests()).filter(({ bytesSent }) => bytesSent === 8 * MiB);
    assert.equal(whole.length, 1, 'the file was sent once');
  } finally {
    await nginx.stop();
  }
});

test(
  'a host that is too busy for a first connection gets half of its connections from then on',
  needs('nginx'),
  async () => {
    const nginx = await startNginx({ limitRate: '4m', extra: 'location = /busy { return 429; }' });
    try {
      const digest = makeFile(join(nginx.root, 'f.bin'), 12 * MiB);
      const refused = (source: Source) =>
        assert.rejects(source.resolve({ link: `${nginx.url}/busy`, options: {}, directory: '/' }, unlimited), {
          class: 'rate_limit',
        });
      const got = await fetched(`${nginx.url}/f.bin`, 8, [], undefined, refused);
      assert.equal(got.digest, digest);
      assert.equal(got.most, 4);
    } finally {
      await nginx.stop();
    }
  },
);

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { downloadSchema, type WireDownload } from '../../src/contract/schemas.ts';
import { scheduleOf } from '../../src/downloads/schedule.ts';
import { openLonghaul } from '../../src/index.ts';
import { ask } from '../support/ask.ts';
import { sha256 } from '../support/killed-download.ts';
import { limitedTransfer } from '../support/limited-transfer.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';

const root = resolve(import.meta.dirname, '../..');

/** An nginx that keeps little back, with files of these sizes; answers their links. */
async function served(context: TestContext, ...sizes: readonly number[]) {
  const nginx = await startNginx({ sendBuffer: '16k' });
  context.after(() => nginx.stop());
  const digests = sizes.map((size, n) => makeFile(join(nginx.root, `${n}.iso`), size));
  return { nginx, digests, links: sizes.map((_, n) => `${nginx.url}/${n}.iso`) };
}

async function rowsOf(place: Place): Promise<WireDownload[]> {
  const { stdout } = await ask(['list', '--json'], place);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => downloadSchema.parse(JSON.parse(line)));
}

const msOf = (row: WireDownload | undefined) => Date.parse(row?.completedAt ?? '') - Date.parse(row?.startedAt ?? '');

/** Without TLS, over one connection, and for longer: in `test/long`. */
test('a limit holds over 16 connections with TLS', needs('nginx', 'openssl'), async (context) => {
  const measured = await limitedTransfer(context, { rate: 1_000_000, span: 3000, connections: 16, tls: true });
  const text = JSON.stringify(measured);
  assert.ok(measured.received > 800_000 && measured.received < 1_150_000, text);
  assert.ok(measured.served < 1_300_000, text);
});

test('--limit-rate holds for its download', needs('nginx'), async (context) => {
  const { links, digests } = await served(context, 2_000_000);
  await using place = await ownPlace();
  assert.equal((await run(['get', '--limit-rate', '1MB', ...links], place)).code, 0);
  const [row] = await rowsOf(place);
  assert.equal(row?.limitRate, 1_000_000);
  assert.ok(msOf(row) > 1700, `${msOf(row)} ms`);
  assert.equal(await sha256(join(place.cwd, '0.iso')), digests[0]);
});

test('a limit that is changed from another terminal is obeyed at once', needs('nginx'), async (context) => {
  const { links } = await served(context, 20_000_000);
  await using place = await ownPlace();
  const get = longhaul(['get', '--limit-rate', '100k', ...links], place);
  await get.says('downloading');
  const limited = await run(['limit', '1', 'off'], place);
  assert.match(limited.stdout, /1 .*: no limit of its own/);
  const changed = performance.now();
  assert.equal((await get.ended).code, 0);
  assert.ok(performance.now() - changed < 10_000, 'it would have taken three minutes');
  const shown = await ask(['show', '1'], place);
  assert.match(shown.stdout, /limited {2}off/);
});

test('limit --all is shared by all processes of the machine', needs('nginx'), async (context) => {
  const { links } = await served(context, 1_500_000, 1_500_000);
  await using place = await ownPlace();
  assert.equal((await run(['limit', '--all', '1MB'], place)).code, 0);
  const begun = performance.now();
  const ends = await Promise.all(links.map((link) => run(['get', link], place)));
  const took = performance.now() - begun;
  assert.deepEqual(
    ends.map(({ code }) => code),
    [0, 0],
  );
  assert.ok(took > 2500, `${took} ms for 3 MB`);
  assert.equal((await ask(['limit', '--all', 'default'], place)).code, 0);
});

test(
  'in hours in which nothing may run get leaves with exit code 4, and goes on afterwards',
  needs('nginx'),
  async (context) => {
    const { nginx, links } = await served(context, 100_000);
    await using place = await ownPlace();
    const closed = { ...place, env: { LONGHAUL_LIMITS_SCHEDULE: '00:00-24:00 0' } };
    const get = await run(['get', ...links], closed);
    assert.equal(get.code, 4);
    assert.match(get.stderr, /waits for the hours in which downloads may run, and limits\.schedule leaves none/);
    assert.equal((await rowsOf(closed))[0]?.waitingFor, 'window');
    assert.match(
      (await ask(['limit'], closed)).stdout,
      /all together: nothing runs \(by limits\.schedule always: it leaves no hours\)/,
    );
    assert.equal((await nginx.requests()).length, 0);
    assert.equal((await run(['resume-downloads'], place)).code, 0);
  },
);

test('a window that is written wrong is refused with its key, its value and what is allowed', async () => {
  await using place = await ownPlace();
  const wrong = { ...place, env: { LONGHAUL_LIMITS_SCHEDULE: 'mon-fri 8-18 2MB' } };
  const end = await ask(['get', 'http://127.0.0.1:1/x'], wrong);
  assert.equal(end.code, 2);
  assert.match(
    end.stderr,
    /limits\.schedule\[0\]: "mon-fri 8-18 2MB" \(LONGHAUL_LIMITS_SCHEDULE\) must be a window such as/,
  );
});

test('the example in docs/queue.md is a configuration that says what it says', async () => {
  await using place = await ownPlace();
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(await readFile(join(root, 'docs/queue.md'), 'utf8')) ?? [];
  const file = join(place.cwd, 'config.yaml');
  await writeFile(file, yaml);
  const { config } = await loadConfig({ env: { HOME: place.cwd }, cwd: place.cwd, flags: { file } });
  assert.partialDeepStrictEqual(config.limits, { rate: 5_000_000, rate_per_download: 2_000_000 });
  const { at } = scheduleOf(config.limits);
  assert.equal(at(Date.parse('2026-11-20T09:00+01:00')).rate, 1_000_000);
  assert.equal(at(Date.parse('2026-11-21T01:59+01:00')).rate, 0);
  assert.equal(at(Date.parse('2026-11-21T02:00+01:00')).rate, undefined);
});

test('the library limits what it adds, what runs, and all together', needs('nginx'), async (context) => {
  const { links } = await served(context, 10_000_000);
  await using place = await ownPlace();
  const library = await openLonghaul({ home: place.home });
  try {
    const request = { link: links[0] ?? '', directory: place.cwd };
    await assert.rejects(library.add({ ...request, options: { rate: 5 } }), /the rate must be off, or a rate such as/);
    const { download } = await library.add({ ...request, options: { rate: 50_000 } });
    assert.equal(download.options.rate, 50_000);
    assert.equal((await library.limitAll(20_000)).rate, 20_000);
    assert.equal((await library.limitAll('default')).rate, 'off');
    await assert.rejects(library.limit(download.id, 1), RangeError);
    assert.equal((await library.limit(download.id, 'off')).options.rate, 'off');
    assert.equal((await library.get(request))?.status, 'completed');
    await assert.rejects(library.limit(download.id, 'off'), { name: 'NotPossible' });
  } finally {
    await library.close();
  }
});

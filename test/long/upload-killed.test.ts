import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startCatbox } from '../support/catbox-server.ts';
import { patterned } from '../support/http-bench.ts';
import { longhaul } from '../support/program.ts';

const bytes = patterned(6_000_000);
const catbox = await startCatbox();
const root = await mkdtemp(join(tmpdir(), 'longhaul-upload-killed-'));
let fetched = 0;
const web = createServer((_request, response) => {
  fetched += 1;
  response.writeHead(200, { 'content-length': bytes.length, etag: '"one"' }).end(bytes);
});
await new Promise<void>((listening) => web.listen(0, '127.0.0.1', listening));
const link = `http://127.0.0.1:${(web.address() as AddressInfo).port}/song.bin`;
const place = { home: join(root, 'home'), cwd: join(root, 'here') };
await mkdir(place.home);
await mkdir(place.cwd);
await writeFile(
  join(place.home, 'config.yaml'),
  `upload: { rate: 12MB, hosts: { catbox: { url: "${catbox.api}", secret: planted-secret } } }\n`,
);
after(async () => {
  web.closeAllConnections();
  web.close();
  await catbox.stop();
  await rm(root, { recursive: true, force: true });
});

test('killed in the middle of an upload and after its last byte: nothing is fetched again, and it is there twice at most, which is said', async () => {
  const get = () => longhaul(['get', link, '--then', 'upload=catbox'], place);
  const middle = catbox.untilTaken(2_000_000);
  const first = get();
  await middle;
  first.kill('SIGKILL');
  await first.ended;
  assert.equal(catbox.files.size, 0);

  catbox.faults.keepsWithoutAnswer = 1;
  const kept = catbox.untilKept();
  const second = get();
  await kept;
  second.kill('SIGKILL');
  await second.ended;
  assert.equal(catbox.files.size, 1);

  const third = await get().ended;
  assert.equal(third.code, 0, third.stderr);
  assert.equal(catbox.files.size, 2);
  assert.equal(fetched, 1);
  const shown = await longhaul(['show', '1'], place).ended;
  assert.match(shown.stdout, /it may be there twice/);
  assert.ok(shown.stdout.includes([...catbox.files.keys()].at(-1) ?? '?'), shown.stdout);
  const log = await readFile(join(place.home, 'logs', 'longhaul.log'), 'utf8').catch(() => '');
  for (const text of [third.stdout, third.stderr, shown.stdout, log]) assert.ok(!text.includes('planted-secret'));
});

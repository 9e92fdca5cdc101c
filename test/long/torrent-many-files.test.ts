import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { mostShown } from '../../src/cli/preview.ts';
import { patterned } from '../support/http-bench.ts';
import { needs } from '../support/needs.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Program, run } from '../support/program.ts';
import { laidOut, startAria2 } from '../support/torrent-peers.ts';

const count = 100_000;
/** Of what is alive there are 250 MB; V8 lets garbage grow as far as the machine has room. */
const mostResident = 900 * 2 ** 20;
const env = {
  LONGHAUL_TORRENT_PORT: '0',
  LONGHAUL_TORRENT_DHT: 'false',
  LONGHAUL_TORRENT_LSD: 'false',
  LONGHAUL_TORRENT_ALLOW_PRIVATE: 'true',
  LONGHAUL_CHECKPOINT_BYTES: '1MB',
};

test(
  'a torrent of 100,000 small files comes in minutes, killed in the middle, with bounded memory',
  needs('aria2c'),
  async (t) => {
    await using at = await ownPlace();
    const place = { ...at, env };
    const seeds = await mkdtemp(join(tmpdir(), 'longhaul-many-'));
    t.after(() => rm(seeds, { recursive: true, force: true }));
    const files = manyFiles();
    const { made, torrentPath } = laidOut(seeds, { name: 'Many', files });
    const peer = await startAria2(seeds, torrentPath, { rate: 5 * 2 ** 20 });
    t.after(() => peer.stop());
    await after(5000);

    const link = `magnet:?xt=urn:btih:${made.infoHash}&x.pe=127.0.0.1:${peer.port}`;
    const began = performance.now();
    const killed = longhaul(['get', link], place);
    const beforeKill = residentOf(killed);
    const died = killed.ended.then(({ stderr }) => assert.fail(stderr));
    await Promise.race([untilKnown(place, made.content.length / 2), died]);
    const looked = performance.now();
    const shown = await run(['show', '1'], place);
    const listed = await run(['list'], place);
    const lookTook = performance.now() - looked;
    assert.ok(shown.stdout.split('\n').length < mostShown + 60, 'some of the files, and what happened');
    assert.match(shown.stdout, /and 99,?\d+ more/);
    assert.match(listed.stdout, /Many/);
    killed.kill('SIGKILL');
    await killed.ended;

    const resumed = longhaul(['resume-downloads'], place);
    const afterKill = residentOf(resumed);
    const end = await resumed.ended;
    const took = (performance.now() - began) / 1000;
    assert.equal(end.code, 0, end.stderr);
    const [first, second] = [beforeKill() / 2 ** 20, afterKill() / 2 ** 20].map(Math.round);
    t.diagnostic(
      `${Math.round(took)} s; resident at most ${first} and ${second} MiB; show and list ${Math.round(lookTook)} ms`,
    );
    for (const { path, content } of files) {
      assert.ok((await readFile(join(place.cwd, 'Many', path))).equals(content), path);
    }
    const names = await readdir(join(place.cwd, 'Many'), { recursive: true, withFileTypes: true });
    assert.equal(names.filter((each) => each.isFile()).length, count, 'no partial and no sidecar is left');
    assert.ok(Math.max(beforeKill(), afterKill()) <= mostResident);
    assert.ok(lookTook < 15_000);
  },
);

/** Most of a few hundred bytes, some empty ones. */
function manyFiles(): { path: string; content: Buffer }[] {
  const bytes = patterned(count + 2048, 7);
  return Array.from({ length: count }, (_, n) => ({
    path: `${String(Math.floor(n / 500)).padStart(3, '0')}/file ${n}.txt`,
    content: n % 1000 === 999 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(n, n + 64 + ((n * 7919) % 1985))),
  }));
}

/** The most bytes that it had resident, looked at until it ends. */
function residentOf({ child }: Program): () => number {
  let most = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  const every = setInterval(look, 500);
  child.once('exit', () => clearInterval(every));
  return () => most;
}

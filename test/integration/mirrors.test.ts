import assert from 'node:assert/strict';
import { copyFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, type Nginx, startNginx } from '../support/nginx.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

const MiB = 2 ** 20;
const size = 8 * MiB;

/** Two servers with the same file, its time and so its ETag included. */
async function onTwo(play: (one: Nginx, two: Nginx, place: Place, digest: string) => Promise<void>): Promise<void> {
  const [one, two] = [await startNginx({ limitRate: '2m' }), await startNginx({ limitRate: '2m' })];
  await using place = await ownPlace();
  try {
    const digest = makeFile(join(one.root, 'f.iso'), size);
    await copyFile(join(one.root, 'f.iso'), join(two.root, 'f.iso'));
    const { mtime } = await stat(join(one.root, 'f.iso'));
    const whole = new Date(Math.floor(mtime.getTime() / 1000) * 1000);
    for (const { root } of [one, two]) await utimes(join(root, 'f.iso'), whole, whole);
    await play(one, two, { ...place, env: { LONGHAUL_HTTP_CONNECTIONS_AFTER: '0' } }, digest);
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
}

const get = (one: Nginx, two: Nginx, place: Place, ...more: string[]) =>
  run(['get', `${one.url}/f.iso`, '--mirror', `${two.url}/f.iso`, '--connections', '4', '--json', ...more], place);

const bytesOf = async (server: Nginx) => (await server.requests()).reduce((sum, { bytesSent }) => sum + bytesSent, 0);

test('two links with one version share the work', needs('nginx'), () =>
  onTwo(async (one, two, place, digest) => {
    const end = await get(one, two, place);
    assert.equal(end.code, 0, end.stderr);
    assert.equal(await sha256(join(place.cwd, 'f.iso')), digest);
    for (const server of [one, two]) assert.ok((await bytesOf(server)) > size / 8, 'each brought a part');
  }),
);

test('a mirror that shows another version is left out', needs('nginx'), () =>
  onTwo(async (one, two, place, digest) => {
    await writeFile(join(two.root, 'f.iso'), Buffer.alloc(size, 'other'));
    await utimes(join(two.root, 'f.iso'), new Date(0), new Date(0));
    const end = await get(one, two, place);
    assert.equal(end.code, 0, end.stderr);
    assert.equal(await sha256(join(place.cwd, 'f.iso')), digest);
    assert.ok((await bytesOf(two)) < MiB);
  }),
);

test('when the first link is gone the mirror is taken', needs('nginx'), () =>
  onTwo(async (one, two, place, digest) => {
    const end = await run(
      ['get', `${one.url}/gone.iso`, '--mirror', `${two.url}/f.iso`, '-o', 'f.iso', '--json'],
      place,
    );
    assert.equal(end.code, 0, end.stderr);
    assert.equal(await sha256(join(place.cwd, 'f.iso')), digest);
  }),
);

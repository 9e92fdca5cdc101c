import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.ts';
import { startNginx } from '../support/nginx.ts';
import { ownPlace, type Place, run } from '../support/program.ts';

async function files(place: Place): Promise<string[]> {
  return (await readdir(place.cwd)).filter((name) => name !== 'home').toSorted();
}

test('what was delivered is left alone or followed by its link, or by its name and size, while it stands', {
  ...needs('nginx'),
}, async () => {
  await using place = await ownPlace();
  const nginx = await startNginx();
  try {
    for (const folder of ['a', 'b', 'c']) {
      await mkdir(join(nginx.root, folder));
      await writeFile(join(nginx.root, folder, 'x.bin'), folder === 'c' ? 'longer' : 'same');
    }
    const get = async (...args: string[]) => {
      const end = await run(['get', ...args], place);
      assert.equal(end.code, 0, end.stderr);
      return end;
    };
    const link = `${nginx.url}/a/x.bin`;
    await get(link);
    const asked = (await nginx.requests()).length;
    assert.match((await get('--if-exists', 'skip', link)).stderr, /x\.bin: left alone, it is there as 1 \(\S+x\.bin\)/);
    assert.match((await get('--if-exists', 'follow', link)).stdout, /x\.bin/);
    assert.equal((await nginx.requests()).length, asked, 'nobody was asked again');

    assert.match((await get('--if-exists', 'skip', `${nginx.url}/b/x.bin`)).stderr, /left alone, it is there as 1/);
    assert.deepEqual(await files(place), ['x.bin']);
    await get('--if-exists', 'skip', `${nginx.url}/c/x.bin`);
    assert.deepEqual(await files(place), ['x (2).bin', 'x.bin']);

    await get(link);
    assert.deepEqual(await files(place), ['x (2).bin', 'x (3).bin', 'x.bin'], 'as ever without a terminal');
    await rm(join(place.cwd, 'x.bin'));
    await rm(join(place.cwd, 'x (3).bin'));
    await get('--if-exists', 'skip', link);
    assert.deepEqual(await files(place), ['x (2).bin', 'x.bin'], 'what is gone is downloaded again');
  } finally {
    await nginx.stop();
  }
});

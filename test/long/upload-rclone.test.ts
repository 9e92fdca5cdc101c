import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { patterned } from '../support/http-bench.ts';
import { needs, pathOf } from '../support/needs.ts';
import { Died, uploadStage } from '../support/upload-stage.ts';

describe('uploads by the program rclone', needs('rclone'), () => {
  const bytes = patterned(9_000_001);
  let root = '';
  let there = '';
  let stage: Awaited<ReturnType<typeof uploadStage>>;
  let film = '';
  let rclone = { remote: '', config_file: '', program: '' };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'longhaul-rclone-'));
    there = join(root, 'there');
    stage = await uploadStage();
    film = await stage.file('film #1 ünï%.mkv', bytes);
    await mkdir(there);
    const config_file = join(root, 'rclone.conf');
    await writeFile(config_file, `[box]\ntype = alias\nremote = ${there}\n`);
    rclone = { remote: 'box:films', config_file, program: pathOf('rclone') ?? '' };
  });

  beforeEach(async () => {
    await rm(there, { recursive: true });
    await mkdir(there);
  });

  after(async () => {
    await stage.dispose();
    await rm(root, { recursive: true, force: true });
  });

  test('what has the name already stays', async () => {
    await mkdir(join(there, 'films'));
    await writeFile(join(there, 'films/film #1 ünï%.mkv'), 'of somebody else');
    await stage.download(film).run('rclone:box:films', { hosts: { rclone } });
    assert.deepEqual((await readdir(join(there, 'films'))).sort(), ['film #1 ünï% (2).mkv', 'film #1 ünï%.mkv']);
  });

  test('stopped in the middle its process ends, and the next run leaves one whole file', async () => {
    const download = stage.download(film);
    const stopping = new AbortController();
    const slow = { hosts: { rclone: { ...rclone, rate: 3_000_000 } } };
    const watching = setInterval(() => {
      if ((download.progress.at(-1)?.current ?? 0) > 0) stopping.abort(new Died());
    }, 20);
    await assert.rejects(download.run('rclone', slow, { signal: stopping.signal }), Died);
    clearInterval(watching);
    await download.run('rclone', { hosts: { rclone } });
    assert.deepEqual(await readdir(join(there, 'films')), ['film #1 ünï%.mkv']);
    assert.ok((await readFile(join(there, 'films/film #1 ünï%.mkv'))).equals(bytes));
  });

  test('what is there already after a crash is found by its digest and not sent again', async () => {
    const download = stage.download(film);
    const done = { diesAt: (mark: string) => mark.includes('"done"') };
    await assert.rejects(download.run('rclone', { hosts: { rclone } }, done), Died);
    download.mark = {
      files: {
        0: {
          ...(download.mark as { files: { 0: object } }).files[0],
          done: undefined,
          marks: { rclone: { path: 'film #1 ünï%.mkv' } },
        },
      },
    };
    download.progress.length = 0;
    await download.run('rclone', { hosts: { rclone } });
    assert.deepEqual(
      download.progress.map(({ current }) => current).filter((one) => one > 0),
      [bytes.length],
    );
  });
});

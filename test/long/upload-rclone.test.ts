import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Failure } from '../../src/downloads/failure.ts';
import { patterned } from '../support/http-bench.ts';
import { needs, pathOf } from '../support/needs.ts';
import { freePort, type RunningServer, startServer } from '../support/servers.ts';
import { Died, uploadStage } from '../support/upload-stage.ts';

describe('uploads with rclone', needs('rclone'), () => {
  const bytes = patterned(9_000_001);
  let root = '';
  let there = '';
  let server: RunningServer;
  let stage: Awaited<ReturnType<typeof uploadStage>>;
  let film = '';
  let webdav = { url: '', user: 'me', secret: 'pass word:ü' };
  let rclone = { remote: '', config_file: '', program: '' };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'longhaul-rclone-'));
    there = join(root, 'there');
    stage = await uploadStage();
    film = await stage.file('film #1 ünï%.mkv', bytes);
    const port = await freePort();
    const login = ['--user', webdav.user, '--pass', webdav.secret];
    await mkdir(there);
    server = await startServer(
      'rclone',
      port,
      ['serve', 'webdav', there, '--dir-cache-time', '0s', '--addr', `127.0.0.1:${port}`, ...login],
      { env: { RCLONE_CONFIG: '/dev/null' } },
    );
    webdav = { ...webdav, url: `http://127.0.0.1:${port}/` };
    const config_file = join(root, 'rclone.conf');
    await writeFile(config_file, `[box]\ntype = alias\nremote = ${there}\n`);
    rclone = { remote: 'box:films', config_file, program: pathOf('rclone') ?? '' };
  });

  beforeEach(async () => {
    await rm(there, { recursive: true });
    await mkdir(there);
  });

  after(async () => {
    await server.stop();
    await stage.dispose();
    await rm(root, { recursive: true, force: true });
  });

  test('WebDAV: a file arrives under its own name, and nothing else is there; it is deleted again', async () => {
    const download = stage.download(film);
    const { link } = await download.run('webdav', { hosts: { webdav } });
    assert.deepEqual(await readdir(there), ['film #1 ünï%.mkv']);
    assert.ok((await readFile(join(there, 'film #1 ünï%.mkv'))).equals(bytes));
    assert.equal(link, `${webdav.url}film%20%231%20%C3%BCn%C3%AF%25.mkv`);
    assert.equal(download.progress.at(-1)?.current, bytes.length);
    const put = { kind: 'http' as const, url: `${webdav.url}{path}`, user: webdav.user, secret: webdav.secret };
    const note = stage.download(await stage.file('note.txt', Buffer.from('note')));
    await note.run('put', { hosts: { put } });
    for (let times = 0; times < 2; times += 1) {
      const taken = [
        await download.takeBack('webdav', { hosts: { webdav } }),
        await note.takeBack('put', { hosts: { put } }),
      ];
      assert.deepEqual(
        taken.flat().map((one) => one?.left),
        [undefined, undefined],
        'what is gone is gone',
      );
    }
    assert.deepEqual(await readdir(there), []);
  });

  test('WebDAV: what has the name already stays, and the folders of several files are kept', async () => {
    await writeFile(join(there, 'film #1 ünï%.mkv'), 'of somebody else');
    await mkdir(join(stage.folder, 'Show/S 1'), { recursive: true });
    const episode = await stage.file('Show/S 1/e1.mkv', Buffer.from('one'));
    await stage.download(film, episode).run('webdav', { hosts: { webdav } });
    assert.deepEqual((await readdir(there)).sort(), ['Show', 'film #1 ünï% (2).mkv', 'film #1 ünï%.mkv']);
    assert.equal(await readFile(join(there, 'Show/S 1/e1.mkv'), 'utf8'), 'one');
    assert.equal(await readFile(join(there, 'film #1 ünï%.mkv'), 'utf8'), 'of somebody else');
    const replacing = { hosts: { webdav: { ...webdav, replace: true } } };
    const replaced = stage.download(film);
    await replaced.run('webdav', replacing);
    assert.ok((await readFile(join(there, 'film #1 ünï%.mkv'))).equals(bytes));
    await writeFile(join(there, 'film #1 ünï%.mkv'), 'of somebody else again');
    const [left] = (await replaced.takeBack('webdav', replacing)) ?? [];
    assert.equal(left?.left, 'another file stands in its place now, which is left');
    assert.equal(await readFile(join(there, 'film #1 ünï%.mkv'), 'utf8'), 'of somebody else again');
  });

  test('WebDAV: killed at any mark, it is there once and whole', async () => {
    const marks: string[] = [];
    const record = { diesAt: (mark: string) => marks.push(mark) < 0 };
    await stage.download(film).run('webdav', { hosts: { webdav } }, record);
    for (const at of marks.keys()) {
      await rm(join(there, 'film #1 ünï%.mkv'), { force: true });
      const download = stage.download(film);
      let seen = 0;
      const dies = { diesAt: () => seen++ === at };
      await assert.rejects(download.run('webdav', { hosts: { webdav } }, dies), Died);
      await download.run('webdav', { hosts: { webdav } });
      assert.deepEqual(await readdir(there), ['film #1 ünï%.mkv']);
      assert.ok((await readFile(join(there, 'film #1 ünï%.mkv'))).equals(bytes));
    }
    assert.ok(marks.length >= 3);
  });

  test('WebDAV: a wrong password and a folder that is not there are said as such', async () => {
    const failing = (host: object) =>
      stage
        .download(film)
        .run('webdav', { hosts: { webdav: { ...webdav, ...host } } })
        .catch((error: unknown) => error);
    const wrong = await failing({ secret: 'wrong-secret' });
    assert.ok(wrong instanceof Failure && wrong.class === 'refused');
    assert.match(wrong.message, /^webdav: it answered 401 .*another user or secret/);
    const nowhere = await failing({ url: `${webdav.url}no/such/folder/` });
    assert.ok(nowhere instanceof Failure, String(nowhere));
  });

  test('rclone: a file arrives, its progress is told, and its address is the remote', async () => {
    const download = stage.download(film);
    const { link } = await download.run('rclone', { hosts: { rclone } });
    assert.equal(link, 'box:films/film #1 ünï%.mkv');
    assert.ok((await readFile(join(there, 'films/film #1 ünï%.mkv'))).equals(bytes));
    assert.equal(download.progress.at(-1)?.current, bytes.length);
    assert.deepEqual(await download.takeBack('rclone', { hosts: { rclone } }), [{ link }]);
    assert.deepEqual(await readdir(join(there, 'films')), []);
    assert.deepEqual(await download.takeBack('rclone', { hosts: { rclone } }), [{ link }], 'what is gone is gone');
  });

  test('rclone: a remote that there is not, and no rclone at all, are said as such', async () => {
    const missing = await stage
      .download(film)
      .run('rclone', { hosts: { rclone: { ...rclone, remote: 'nope:x' } } })
      .catch(String);
    assert.match(String(missing), /rclone: rclone ended with 1 .*check its remote/);
    const none = await stage
      .download(film)
      .run('rclone', { hosts: { rclone: { ...rclone, program: 'no-rclone' } } })
      .catch(String);
    assert.match(String(none), /no program no-rclone; install rclone/);
  });

  test('rclone: what has the name already stays', async () => {
    await mkdir(join(there, 'films'));
    await writeFile(join(there, 'films/film #1 ünï%.mkv'), 'of somebody else');
    await stage.download(film).run('rclone:box:films', { hosts: { rclone } });
    assert.deepEqual((await readdir(join(there, 'films'))).sort(), ['film #1 ünï% (2).mkv', 'film #1 ünï%.mkv']);
  });

  test('rclone: stopped in the middle its process ends, and the next run leaves one whole file', async () => {
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

  test('rclone: what is there already after a crash is found by its digest and not sent again', async () => {
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

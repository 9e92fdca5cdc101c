import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { after, beforeEach, test } from 'node:test';
import { startCatbox } from '../../../test/support/catbox-server.ts';
import { patterned } from '../../../test/support/http-bench.ts';
import { Died, uploadStage } from '../../../test/support/upload-stage.ts';
import { Failure, type FailureClass } from '../../downloads/failure.ts';

const server = await startCatbox();
const other = await startCatbox();
const stage = await uploadStage();
const bytes = patterned(3_000_001);
const sha256 = createHash('sha256').update(bytes).digest('hex');
const film = await stage.file('film.m4a', bytes);

const hosts = {
  catbox: { url: server.api, secret: 'userhash1234' },
  anonymous: { kind: 'catbox' as const, url: server.api },
  litterbox: { url: other.api, expires: '12h' as const },
};
const upload = { hosts };

beforeEach(() => {
  server.heal();
  other.heal();
});
after(async () => {
  await server.stop();
  await other.stop();
  await stage.dispose();
});

const failsWith = (failureClass: FailureClass, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.match(error.message, text);
  assert.equal(error.class, failureClass);
  return true;
};

test('a file arrives as it is, with the userhash, and its address is the result', async () => {
  const { link } = await stage.download(film).run('catbox', upload);
  const stored = server.files.get(link ?? '');
  assert.deepEqual(stored, {
    name: 'film.m4a',
    size: bytes.length,
    sha256,
    fields: { reqtype: 'fileupload', userhash: 'userhash1234' },
  });
});

test('progress goes up only, and reaches the end with the answer and not before', async () => {
  const download = stage.download(film);
  await download.run('catbox', upload);
  const currents = download.progress.map(({ current }) => current);
  assert.deepEqual(
    currents,
    [...currents].sort((a, b) => a - b),
  );
  assert.equal(currents.at(-1), bytes.length);
  assert.equal(currents.at(-2), bytes.length - 1);
  assert.ok(currents.length > 5);
});

test('names that would end a header arrive as browsers write them', async () => {
  const names = ['quote".bin', 'line\r\nX-Evil: 1.bin', 'größe 漢字 🎬.bin', "back\\slash'.bin", 'percent%22.bin'];
  const seen: string[] = [];
  for (const name of names) {
    await stage.download(await stage.file(name, Buffer.from('x'))).run('catbox', upload);
  }
  for (const { name } of server.files.values()) seen.push(name);
  assert.deepEqual(seen, [
    'quote%22.bin',
    'line%0D%0AX-Evil: 1.bin',
    'größe 漢字 🎬.bin',
    "back\\slash'.bin",
    'percent%22.bin',
  ]);
});

test('an empty file is sent, and its progress ends', async () => {
  const download = stage.download(await stage.file('empty', new Uint8Array(0)));
  const { link } = await download.run('catbox', upload);
  assert.equal(server.files.get(link ?? '')?.size, 0);
  assert.ok(download.progress.slice(0, -1).every(({ total }) => total === null));
  assert.equal(download.progress.at(-1)?.total, 0);
});

test('litterbox is told how long to keep it', async () => {
  await stage.download(film).run('litterbox', upload);
  assert.equal([...other.files.values()][0]?.fields.time, '12h');
  other.heal();
  const short = stage.download(film);
  const { link } = await short.run('litterbox:1h', upload);
  assert.equal([...other.files.values()][0]?.fields.time, '1h');
  const note = 'litterbox:1h deletes it by itself, 1h after it came';
  assert.deepEqual(await short.takeBack('litterbox:1h', upload), [{ link, note }]);
});

test('200 with words instead of an address is a refusal, with those words and without our secret', async () => {
  server.faults.says = 'Invalid uploader userhash1234 <b>blocked</b>';
  await assert.rejects(
    stage.download(film).run('catbox', upload),
    failsWith('refused', /^catbox: it answered "Invalid uploader \*\*\* blocked"$/),
  );
  server.faults.says = 'Uploads are paused, try again later';
  await assert.rejects(stage.download(film).run('catbox', upload), failsWith('server', /paused/));
});

test('413, 500, 507 and a time to come back are told apart', async () => {
  const expected: [number, Record<string, string>, FailureClass, RegExp][] = [
    [413, {}, 'refused', /413 .*too large/],
    [401, {}, 'refused', /another user or secret/],
    [500, {}, 'server', /"trouble"/],
    [507, {}, 'quota', /no room/],
    [429, { 'retry-after': '60' }, 'rate_limit', /too many requests/],
    [302, { location: 'https://elsewhere.example/x' }, 'refused', /elsewhere \(at https:\/\/elsewhere\.example\)/],
  ];
  for (const [status, headers, failureClass, text] of expected) {
    Object.assign(server.faults, { status, headers });
    await assert.rejects(stage.download(film).run('catbox', upload), failsWith(failureClass, text));
  }
});

test('who refuses before the body is there is heard, and the file is not sent', async () => {
  Object.assign(server.faults, { status: 413, refusesEarly: true });
  const download = stage.download(film);
  await assert.rejects(download.run('catbox', upload), failsWith('refused', /413/));
  assert.equal(Math.max(...download.progress.map(({ current }) => current)), 0);
});

test('a connection that breaks in the middle is a network failure, tried once more where another host is next', async () => {
  server.faults.breaksAfter = 1_000_000;
  await assert.rejects(stage.download(film).run('catbox', upload), failsWith('network', /^catbox: /));
  assert.equal(server.asked, 1);
  const download = stage.download(film);
  const { link } = await download.run('catbox,litterbox', upload);
  assert.equal(server.asked, 3);
  assert.equal(other.files.get(link ?? '')?.sha256, sha256);
  assert.match(download.notes.join(), /catbox: .*without an answer|catbox: .*broke/);
  const currents = download.progress.map(({ current }) => current);
  assert.deepEqual(
    currents,
    [...currents].sort((a, b) => a - b),
  );
});

test('a host that is gone, has no address or takes no such size is passed over', async () => {
  const gone = { kind: 'catbox' as const, url: 'http://127.0.0.1:1/api' };
  const nameless = { kind: 'catbox' as const, url: 'http://no-such-host.invalid/api' };
  const small = { kind: 'catbox' as const, url: server.api, max_size: 1000 };
  const chain = { hosts: { ...hosts, gone, nameless, small } };
  const download = stage.download(film);
  const { link } = await download.run('gone,nameless,small,catbox', chain);
  assert.equal(server.files.get(link ?? '')?.sha256, sha256);
  assert.equal(download.notes.length, 3);
  assert.match(download.notes[0] ?? '', /^gone: 127\.0\.0\.1:1 refuses connections/);
  assert.match(download.notes[2] ?? '', /^small: the file is larger/);
  await assert.rejects(
    stage.download(film).run('gone,small', chain),
    failsWith('network', /^no host took it \(gone: .*; small: .*\)$/),
  );
});

test('a host that takes nothing any more is given up after the idle time', async () => {
  server.faults.standsStillAfter = 100_000;
  const big = await stage.file('big.bin', patterned(64 << 20));
  const failure = stage.download(big).run('catbox', { ...upload, idle_timeout: 300 });
  await assert.rejects(failure, failsWith('network', /has taken nothing for 0\.3 s/));
});

test('a file that is changed while it is sent never arrives', async () => {
  const path = await stage.file('changing.bin', bytes);
  const download = stage.download(path);
  const changing = server.untilTaken(200_000).then(() => appendFile(path, 'more'));
  const limited = { ...upload, rate: 4_000_000 };
  await assert.rejects(download.run('catbox', limited), failsWith('changed', /was changed while it was uploaded/));
  await changing;
  assert.equal(server.files.size, 0);
  const { link } = await download.run('catbox', upload);
  assert.equal(server.files.get(link ?? '')?.size, bytes.length + 4);
});

test('killed before the last byte it is sent again and is there once', async () => {
  const download = stage.download(film);
  const stopping = new AbortController();
  void server.untilTaken(1_000_000).then(() => stopping.abort(new Died()));
  await assert.rejects(download.run('catbox', { ...upload, rate: 8_000_000 }, { signal: stopping.signal }), Died);
  const { note } = await download.run('catbox', upload);
  assert.equal(server.files.size, 1);
  assert.equal(note, undefined);
});

test('killed after the last byte it is sent once more, never a third time, and the row says so', async () => {
  const download = stage.download(film);
  server.faults.losesAnswers = 1;
  await assert.rejects(download.run('anonymous', upload), failsWith('network', /the connection/));
  const { note } = await download.run('anonymous', upload);
  assert.match(note ?? '', /^anonymous: it may be there twice/);
  assert.equal(server.files.size, 2);

  server.heal();
  const unlucky = stage.download(await stage.file('unlucky.bin', bytes));
  server.faults.losesAnswers = 9;
  await assert.rejects(unlucky.run('anonymous', upload), failsWith('network', /./));
  await assert.rejects(unlucky.run('anonymous', upload), failsWith('network', /./));
  await assert.rejects(unlucky.run('anonymous', upload), failsWith('refused', /whole file twice/));
  assert.equal(server.files.size, 2);
});

test('a refusal after the last byte leaves no doubt', async () => {
  const download = stage.download(film);
  server.faults.status = 500;
  for (let tries = 0; tries < 3; tries += 1) {
    await assert.rejects(download.run('anonymous', upload), failsWith('server', /500/));
  }
  server.heal();
  const { note } = await download.run('anonymous', upload);
  assert.equal(note, undefined);
});

test('what was taken is never sent again', async () => {
  const second = await stage.file('second.bin', Buffer.from('second'));
  const download = stage.download(film, second);
  const dies = { diesAt: (mark: string) => mark.includes('"0":{') && mark.includes('"done"') };
  await assert.rejects(download.run('catbox', upload, dies), Died);
  await download.run('catbox', upload);
  assert.deepEqual(
    [...server.files.values()].map(({ name }) => name),
    ['film.m4a', 'second.bin'],
  );
  assert.equal(download.notes.length, 2);
});

test('no host, an unknown one, one named twice: said at once with what there is', async () => {
  const download = stage.download(film);
  const none = await download.run('', upload).catch((error: unknown) => error);
  assert.match(String(none), /say where to upload: upload=catbox \(.*\), or upload\.to/);
  await assert.rejects(
    download.run('dropbox', upload),
    failsWith('link', /no upload host named "dropbox"; there are catbox, /),
  );
  await assert.rejects(download.run('catbox,catbox', upload), failsWith('link', /named twice/));
  for (const evil of ['rclone:/etc/passwd', 'rclone::local:/etc', 'rclone:nas:../x', 'rclone:a,env_auth=1:x']) {
    await assert.rejects(download.run(evil, upload), failsWith('link', /no upload host named/));
  }
});

test('a secret is taken from its file, and said to be missing without being shown', async () => {
  const secret_file = await stage.file('secret', Buffer.from('hash-in-file\n'));
  const inFile = { hosts: { catbox: { url: server.api, secret_file } } };
  const { link } = await stage.download(film).run('catbox', inFile);
  assert.equal(server.files.get(link ?? '')?.fields.userhash, 'hash-in-file');
  const missing = { hosts: { catbox: { url: server.api, secret_env: 'NOT_SET' } } };
  await assert.rejects(stage.download(film).run('catbox', missing), failsWith('refused', /variable NOT_SET/));
});

test('what was uploaded with a userhash is deleted there, once and for all; what was not stays, and why', async () => {
  const second = await stage.file('third.bin', Buffer.from('third'));
  const download = stage.download(film, second);
  await download.run('catbox', upload);
  assert.deepEqual(
    (await download.takeBack('', { ...upload, to: 'catbox' }))?.map(({ left }) => left),
    [undefined, undefined],
  );
  assert.equal(server.files.size, 0);
  const again = await download.takeBack('catbox', upload);
  assert.deepEqual(
    again?.map(({ left }) => left),
    [undefined, undefined],
    'what is gone is gone',
  );
  const anonymous = stage.download(second);
  await anonymous.run('anonymous', upload);
  const [kept] = (await anonymous.takeBack('anonymous', upload)) ?? [];
  assert.match(kept?.left ?? '', /^anonymous has no way to be asked to delete it/);
  const stolen = { hosts: { ...hosts, anonymous: { ...hosts.anonymous, secret: 'another-hash' } } };
  const [refused] = (await anonymous.takeBack('anonymous', stolen)) ?? [];
  assert.match(refused?.left ?? '', /^it answered 412 .*"That file is not yours\."/);
  assert.equal(server.files.size, 1);
  const unnamed = await anonymous.takeBack('catbox', { hosts: {} });
  assert.match(unnamed?.[0]?.left ?? '', /no upload host named "anonymous"/);
  assert.deepEqual(await stage.download(film).takeBack('catbox', upload), [], 'nothing was sent');
});

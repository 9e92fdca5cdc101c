import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, beforeEach, test } from 'node:test';
import { Failure } from '../../src/downloads/failure.ts';
import { readState } from '../../src/steps/upload/state.ts';
import { patterned } from '../support/http-bench.ts';
import { s3Bucket, s3Secret, startS3 } from '../support/s3-server.ts';
import { Died, uploadStage } from '../support/upload-stage.ts';

const server = await startS3();
const stage = await uploadStage();
const mebibyte = 1 << 20;
const bytes = patterned(12 * mebibyte + 3);
const film = await stage.file('film (1) ünï+code%.mkv', bytes);
const s3 = {
  url: server.endpoint,
  bucket: s3Bucket,
  user: s3Secret,
  secret: s3Secret,
  folder: '/in/',
  part_size: 5 * mebibyte,
};
const upload = { hosts: { s3 } };
const key = 'in/film (1) ünï+code%.mkv';

beforeEach(() => server.heal());
after(async () => {
  await server.stop();
  await stage.dispose();
});

const partsSent = () => server.asked.filter((one) => one.startsWith('PUT')).map((one) => Number(one.split('?').at(-1)));

/** As it was before the host had told the id. */
const withoutId = (mark: unknown): unknown =>
  JSON.parse(JSON.stringify(mark), (name, value) =>
    name === 's3' ? { path: value.path, beganAt: Date.now() } : value,
  );

test('a large file goes there in parts, is whole, and goes on at the part where it was killed', async () => {
  const download = stage.download(film);
  const stopping = new AbortController();
  server.faults.breaksPart = 2;
  server.faults.breaks = 9;
  const waiting = setInterval(() => server.faults.breaks < 9 && stopping.abort(new Died()), 5);
  await assert.rejects(download.run('s3', upload, { signal: stopping.signal }), Died);
  clearInterval(waiting);
  assert.deepEqual([...new Set(partsSent())], [1, 2]);
  assert.equal((await server.unfinished()).length, 1);
  server.heal();
  const shown = download.progress.length;
  const { link } = await download.run('s3', upload);
  assert.deepEqual(partsSent(), [2, 3]);
  assert.ok((await server.object(key))?.equals(bytes));
  assert.equal(link, `${server.endpoint}/${s3Bucket}/in/film%20%281%29%20%C3%BCn%C3%AF%2Bcode%25.mkv`);
  const currents = download.progress.slice(shown).map(({ current }) => current);
  assert.deepEqual(
    currents,
    [...currents].sort((a, b) => a - b),
  );
  assert.deepEqual(await server.unfinished(), []);
});

test('a part whose connection breaks is sent again alone, and each is announced with its digest', async () => {
  Object.assign(server.faults, { breaksPart: 2, breaks: 1 });
  const again = await stage.file('again.bin', bytes);
  await stage.download(again).run('s3', upload, { isHasty: true });
  assert.deepEqual(partsSent(), [1, 2, 2, 3]);
  for (const [number, digest] of server.digests) {
    const part = bytes.subarray((number - 1) * s3.part_size, number * s3.part_size);
    assert.equal(digest, createHash('sha256').update(part).digest('hex'));
  }
  assert.ok((await server.object('in/again.bin'))?.equals(bytes));
});

test('completing that fails after its 200 is a failure, and what was completed without an answer is not sent again', async () => {
  const path = await stage.file('complete.bin', bytes);
  const download = stage.download(path);
  server.faults.completesWithError = 1;
  await assert.rejects(download.run('s3', upload), (error) => error instanceof Failure && error.class === 'server');
  assert.equal(await server.object('in/complete.bin'), undefined);
  server.heal();
  server.faults.losesCompletion = 1;
  await assert.rejects(download.run('s3', upload), Failure);
  server.heal();
  await download.run('s3', upload);
  assert.deepEqual(partsSent(), []);
  assert.ok((await server.object('in/complete.bin'))?.equals(bytes));
});

test('a small file goes there at once; what somebody else put there stays, unless it shall be replaced', async () => {
  const small = await stage.file('small.txt', Buffer.from('first'));
  const first = stage.download(small);
  await first.run('s3', upload);
  const other = await stage.file('small.txt', Buffer.from('second'));
  const both = stage.download(other, film);
  const { link } = await both.run('s3', upload);
  assert.match(link ?? '', /small%20%282%29\.txt$/);
  assert.equal(String(await server.object('in/small.txt')), 'first');
  await stage.download(other).run('s3', { hosts: { s3: { ...s3, replace: true, link: 'https://cdn/{path}' } } });
  assert.equal(String(await server.object('in/small.txt')), 'second');
  for (let times = 0; times < 2; times += 1) {
    const taken = (await both.takeBack('s3', upload)) ?? [];
    assert.deepEqual(
      taken.map(({ left }) => left),
      [undefined, undefined],
      'what is gone is gone',
    );
  }
  assert.equal(await server.object('in/small (2).txt'), undefined);
  const [left] = (await first.takeBack('s3', upload)) ?? [];
  assert.equal(left?.left, 'another file stands in its place now, which is left');
  assert.equal(String(await server.object('in/small.txt')), 'second');
});

test('a wrong secret is refused without being shown, and nothing is there', async () => {
  const path = await stage.file('secret.bin', Buffer.from('x'));
  const wrong = { hosts: { s3: { ...s3, secret: 'wrong-wrong' } } };
  const failure = await stage
    .download(path)
    .run('s3', wrong)
    .catch((error: unknown) => error);
  assert.ok(failure instanceof Failure && failure.class === 'refused', String(failure));
  assert.match(failure.message, /^s3: it answered 403/);
  assert.ok(!failure.message.includes('wrong-wrong') && !failure.message.includes('S3RVER'));
  assert.equal(await server.object('in/secret.bin'), undefined);
});

test('an upload that is given up leaves no parts, before its id was known and after; where that cannot be asked the mark stays', async () => {
  const path = await stage.file('given-up.bin', bytes);
  for (const knowsId of [true, false]) {
    const download = stage.download(path);
    await assert.rejects(download.run('s3', upload, { diesAt: (mark) => mark.includes('uploadId') }), Died);
    if (!knowsId) download.mark = withoutId(download.mark);
    assert.equal((await server.unfinished()).length, 1);
    const { mark } = download;
    const away = { hosts: { s3: { ...s3, url: 'http://127.0.0.1:9' } } };
    await assert.rejects(download.giveUp('s3', away), Failure);
    assert.deepEqual(download.mark, mark);
    assert.equal(await download.hasBegun('s3', away), true);
    await download.giveUp('s3', upload);
    assert.equal(await download.hasBegun('s3', upload), false);
    assert.deepEqual(await server.unfinished(), []);
    const after = download.mark;
    await download.giveUp('s3', upload);
    assert.equal(download.mark, after, 'nothing is left to give up');
  }
  const again = stage.download(path);
  await again.run('s3', upload);
  assert.ok((await server.object('in/given-up.bin'))?.equals(bytes));
});

test('parts of a file that was changed meanwhile are given up', async () => {
  const path = await stage.file('changed.bin', bytes);
  const download = stage.download(path);
  const dies = { diesAt: (mark: string) => mark.includes('uploadId') };
  await assert.rejects(download.run('s3', upload, dies), Died);
  assert.equal((await server.unfinished()).length, 1);
  await stage.file('changed.bin', bytes.subarray(5));
  await download.run('s3', upload);
  assert.deepEqual(await server.unfinished(), []);
  assert.ok((await server.object('in/changed.bin'))?.equals(await readFile(path)));
});

test('an upload in parts whose id was lost in a crash is given up, and another one of the same key stays', async () => {
  const path = await stage.file('lost.bin', bytes);
  const others = stage.download(path, await stage.file('lost.txt', Buffer.from('small')));
  server.faults.breaksPart = 2;
  server.faults.breaks = 99;
  await assert.rejects(others.run('s3', upload, { isHasty: true }), Failure);
  server.heal();
  const [another] = await server.unfinished();
  const download = stage.download(path);
  const began = (mark: string) => mark.includes('beganAt');
  await assert.rejects(download.run('s3', upload, { diesAt: began }), Died);
  assert.deepEqual(await server.unfinished(), [another], 'it died before it was begun');
  await assert.rejects(download.run('s3', upload, { diesAt: (mark) => mark.includes('uploadId') }), Died);
  download.mark = withoutId(download.mark);
  assert.equal((await server.unfinished()).length, 2);
  await download.run('s3', upload);
  assert.deepEqual(await server.unfinished(), [another]);
  assert.ok((await server.object('in/lost.bin'))?.equals(bytes));
  await others.run('s3', upload);
  assert.deepEqual(await server.unfinished(), [], 'it went on with its own');
});

test('when another host takes the file, no parts stay behind', async () => {
  const path = await stage.file('elsewhere.bin', bytes);
  Object.assign(server.faults, { breaksPart: 2, breaks: 99 });
  const small = { ...s3, kind: 's3' as const, part_size: 32 * mebibyte, folder: 'second' };
  const whole = await stage.download(path).run('s3,other', { hosts: { s3, other: small } }, { isHasty: true });
  assert.deepEqual([whole.leftElsewhere, await server.unfinished()], [undefined, []]);
  assert.ok((await server.object('second/elsewhere.bin'))?.equals(bytes));
  server.heal();
  const away = await stage.file('away.bin', bytes);
  const download = stage.download(away);
  await assert.rejects(
    download.run('s3,other', { hosts: { s3, other: small } }, { diesAt: (mark) => mark.includes('uploadId') }),
    Died,
  );
  const gone = { ...s3, kind: 's3' as const, url: 'http://127.0.0.1:9' };
  const { leftElsewhere } = await download.run('s3,other', { hosts: { s3: gone, other: small } }, { isHasty: true });
  assert.deepEqual([leftElsewhere, (await server.unfinished()).length], [true, 1], 'the host of its parts was away');
  const { files } = readState(download.mark);
  await download.giveUp('s3,other', { hosts: { s3, other: small } });
  assert.deepEqual(await server.unfinished(), []);
  assert.deepEqual(readState(download.mark).files[0]?.done, files[0]?.done, 'what was taken is still known');
});

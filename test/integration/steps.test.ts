import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { downloadSchema, shownSchema } from '../../src/contract/schemas.ts';
import { type OperationProgress, openLonghaul } from '../../src/index.ts';
import { ask } from '../support/ask.ts';
import { startCatbox } from '../support/catbox-server.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { patterned } from '../support/http-bench.ts';
import { longhaul, ownPlace, run } from '../support/program.ts';

const body = patterned(300_000);
/** `note.txt`, which says hello. */
const zip =
  'UEsDBBQAAAAAAAAAIQCGphA2BQAAAAUAAAAIAAAAbm90ZS50eHRoZWxsb1BLAQIUAxQAAAAAAAAAIQCGphA2BQAAAAUAAAAIAAAAAAAAAAAAAACAAQAAAABub3RlLnR4dFBLBQYAAAAAAQABADYAAAArAAAAAAA=';
const digest = createHash('sha256').update(body).digest('hex');

test('what is asked for after a download is done, shown, and kept as asked', async () => {
  await using place = await ownPlace();
  const server = await startFaultServer({ body, script: () => ({ do: 'serve' }) });
  try {
    const link = `${server.url}/film.mkv`;
    const got = await run(['get', link, '--then', 'checksum', '--then', 'move=library/{name}', '--json'], place);
    assert.equal(got.code, 0, got.stderr);
    const { id, path } = downloadSchema.parse(JSON.parse(got.stdout));
    const library = join(place.cwd, 'library', 'film');
    assert.deepEqual((await readdir(library)).toSorted(), ['film.mkv', 'film.mkv.sha256']);
    assert.equal(path, join(library, 'film.mkv'));
    assert.match(await readFile(join(library, 'film.mkv.sha256'), 'utf8'), new RegExp(digest));
    const shown = shownSchema.parse(JSON.parse((await ask(['show', String(id), '--json'], place)).stdout));
    assert.deepEqual(
      shown.steps.map(({ kind, status, tries }) => [kind, status, tries]),
      [
        ['checksum', 'completed', 1],
        ['move', 'completed', 1],
      ],
    );
    const removed = await ask(['remove', '--delete-files', '--yes', String(id)], place);
    assert.equal(removed.code, 0, removed.stderr);
    assert.deepEqual(await readdir(library), [], 'what steps made goes with the download');
    await writeFile(join(place.cwd, 'note.zip'), Buffer.from(zip, 'base64'));
    const extracted = await run(['run', 'extract', 'note.zip'], place);
    assert.equal(extracted.code, 0, extracted.stderr);
    assert.equal(await readFile(join(place.cwd, 'note.txt'), 'utf8'), 'hello');
    assert.match(extracted.stdout, /^ {2}extract: extracted 1 file$/m);
  } finally {
    await server.close();
  }
});

test('a category says what is done with its downloads; what is asked for goes before it', async () => {
  await using place = await ownPlace();
  await mkdir(place.home);
  await writeFile(join(place.home, 'config.yaml'), 'categories: { films: { steps: [checksum], keep: result } }\n');
  const server = await startFaultServer({ body, script: () => ({ do: 'serve' }) });
  try {
    const link = (name: string) => `${server.url}/${name}`;
    const got = await run(['get', '--category', 'films', link('a.mkv')], place);
    assert.equal(got.code, 0, got.stderr);
    assert.equal((await run(['get', '--category', 'films', '--then', 'none', link('b.mkv')], place)).code, 0);
    const names = (await readdir(place.cwd)).filter((name) => name.includes('.mkv'));
    assert.deepEqual(names.toSorted(), ['a.mkv', 'a.mkv.sha256', 'b.mkv']);
    const wrong = await ask(['add', link('c.mkv'), '--then', 'chekcsum'], place);
    assert.deepEqual([wrong.code, /did you mean checksum\?/.test(wrong.stderr)], [2, true]);
    const lost = await run(['get', link('c.mkv'), '--then', 'checksum', '--keep', 'none'], place);
    assert.match(lost.stderr, /to keep none removes everything, and no step sends it anywhere before; add one such as/);
    const nothing = await run(['get', link('c.mkv'), '--keep', 'none'], place);
    assert.match(nothing.stderr, /to keep none there must be a step/);
  } finally {
    await server.close();
  }
});

test('a long step holds up no download; what comes next waits for its place, and says so', async () => {
  await using place = await ownPlace();
  await mkdir(place.home);
  const wait = ['sh', '-c', 'while ! [ -e "$1" ]; do sleep 0.05; done', 'sh', join(place.cwd, 'go')];
  const config = { queue: { slots: 1, steps: 1 }, commands: { wait: { run: wait } } };
  await writeFile(join(place.home, 'config.yaml'), JSON.stringify(config));
  const server = await startFaultServer({ body, script: () => ({ do: 'serve' }) });
  try {
    const links = ['a', 'b', 'c'].map((name) => `${server.url}/${name}`);
    const program = longhaul(['get', ...links, '--then', 'command=wait', '--json'], place);
    const states = async () => {
      const { stdout } = await run(['list', '--json'], place);
      const lines = stdout.split('\n').filter(Boolean);
      const rows = lines.map((line) => downloadSchema.parse(JSON.parse(line)));
      return rows.map(({ status, waitingFor }) => `${status} ${waitingFor}`).toSorted();
    };
    const expected = ['pending step', 'pending step', 'processing null'];
    let seen = await states();
    while (seen.join() !== expected.join() && program.child.exitCode === null) seen = await states();
    assert.deepEqual(seen, expected);
    await writeFile(join(place.cwd, 'go'), '');
    const end = await program.ended;
    assert.equal(end.code, 0, end.stderr);
    assert.deepEqual(await states(), ['completed null', 'completed null', 'completed null']);
  } finally {
    await server.close();
  }
});

test('files that are here are worked on where they are, and stay', async () => {
  await using place = await ownPlace();
  await writeFile(join(place.cwd, 'talk.mp4'), body);
  const done = await run(['run', 'checksum', 'talk.mp4', 'missing.mp4', '--json'], place);
  assert.equal(done.code, 2);
  assert.match(done.stderr, /there is no file .*missing\.mp4/);
  const { id, status, name } = downloadSchema.parse(JSON.parse(done.stdout));
  assert.deepEqual([status, name], ['completed', 'talk.mp4']);
  const names = async () => (await readdir(place.cwd)).filter((each) => each.startsWith('talk')).toSorted();
  assert.deepEqual(await names(), ['talk.mp4', 'talk.mp4.sha256']);
  const shown = shownSchema.parse(JSON.parse((await ask(['show', String(id), '--json'], place)).stdout));
  const made = shown.steps[0]?.files.map(({ path }) => basename(path));
  assert.deepEqual(made, ['talk.mp4.sha256'], 'what was handed on was not made');
  const text = (await ask(['show', String(id)], place)).stdout;
  assert.match(text, /checksum completed {2}[^→]*→ talk\.mp4\.sha256 \d+ B$/m);
  assert.equal((await ask(['remove', '--delete-files', '--yes', String(id)], place)).code, 0);
  assert.deepEqual(await names(), ['talk.mp4'], 'the file is nobody else’s');
  const link = await ask(['add', `file://${join(place.cwd, 'talk.mp4')}`], place);
  assert.deepEqual([link.code, /links of the kind file: are not known/.test(link.stderr)], [2, true]);
});

test('the library converts and uploads files, also from a stream, and tells how far it is', async () => {
  await using place = await ownPlace();
  const catbox = await startCatbox();
  await mkdir(place.home);
  const config = { downloads: { directory: place.cwd }, upload: { hosts: { catbox: { url: catbox.api } } } };
  await writeFile(join(place.home, 'config.yaml'), JSON.stringify(config));
  await writeFile(join(place.cwd, 'talk.mp4'), 'no media');
  const longhaul = await openLonghaul({ home: place.home, settings: { 'retry.max_tries': 1 } });
  try {
    const told: OperationProgress[] = [];
    const onProgress = (progress: OperationProgress) => void told.push(progress);
    await assert.rejects(longhaul.convert(join(place.cwd, 'missing')), { class: 'link' });
    const converted = await longhaul.convert(join(place.cwd, 'talk.mp4'), { onProgress });
    assert.match(`${converted?.status} ${converted?.errorMessage}`, /^failed convert: /);
    assert.deepEqual([told.at(-1)?.operation, told.at(-1)?.status], ['convert', 'failed']);
    const note = { to: 'catbox', name: 'note.txt', onProgress };
    const uploaded = await longhaul.upload(Readable.from(['some ', 'words']), note);
    assert.deepEqual([...catbox.files.keys()], [uploaded?.resultLink]);
    assert.partialDeepStrictEqual([...catbox.files.values()], [{ name: 'note.txt', size: 10 }]);
    assert.partialDeepStrictEqual(told.at(-1), { operation: 'upload', status: 'completed', percentage: 100 });
    assert.equal((await longhaul.upload(join(place.cwd, 'talk.mp4'), { to: 'catbox' }))?.status, 'completed');
    const left = await readdir(place.cwd);
    assert.ok(left.includes('talk.mp4') && !left.some((name) => name.startsWith('.longhaul-stream')));
  } finally {
    await longhaul.close();
    await catbox.stop();
  }
});

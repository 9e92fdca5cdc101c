import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { sourceContract } from '../../../test/contract/source.ts';
import { standInMega } from '../../../test/support/stand-in-mega.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { workFolderFor } from '../../disk/temporary.ts';
import { systemClock } from '../../time/clock.ts';
import { appeared } from './appeared.ts';
import { tagsBelow } from './end-transfers.ts';
import { createMegacmdSource } from './megacmd-source.ts';
import { verdictOn } from './verdict.ts';

const root = await mkdtemp(join(tmpdir(), 'longhaul-megacmd-'));
const mega = standInMega(root);
const link = `https://mega.nz/file/AbCd1234#${'k'.repeat(43)}`;
const never = new AbortController().signal;
after(() => rm(root, { recursive: true, force: true }));

const create = () =>
  createMegacmdSource({
    config: { mega: { ...defaults.mega, program: mega.program } },
    clock: systemClock,
    disk: realDisk,
  });

sourceContract(
  'megacmd',
  async () => ({
    create,
    link,
    bytes: new Uint8Array(0),
    malformed: 'https://mega.nz/file/AbCd',
    foreign: 'https://mega.nz/linux/repo/file.deb',
    stallAfter() {},
    async dispose() {},
  }),
  { finds: true },
);

test('what it found is told at the end, whole and in its own folder; a later resolve tells it again', async () => {
  mega.script({ files: { 'F/a': 'a', 'F/b': 'bb' } });
  const source = create();
  const path = join(root, 'stand-in.part');
  await realDisk.create(path).close();
  const manifest = await source.resolve({ link, options: {}, directory: root }, never);
  const targets = [{ position: 0, path, size: null, durable: [] }];
  const transfer = source.fetch({ manifest, targets, options: {} });
  const { found } = await transfer.done;
  await transfer.close();
  assert.deepEqual(
    found?.files.map(({ path: name, size, main }) => [name, size, main]),
    [
      ['F/a', 1, false],
      ['F/b', 2, true],
    ],
  );
  for (const { at } of found?.files ?? []) assert.ok(at.startsWith(workFolderFor(path)));
  assert.equal(await readFile(found?.files[1]?.at ?? '', 'utf8'), 'bb');
  const resume = { token: JSON.parse(JSON.stringify(found?.resumeToken)), durable: [[0, 1]] as const };
  const again = await source.resolve({ link, options: {}, directory: root, resume }, never);
  assert.deepEqual([again.continues, again.totalBytes, again.files.length], [true, 3, 2]);
  const whole = again.files.map(({ size }, position) => ({ position, path, size, durable: [[0, size ?? 0]] as const }));
  const before = mega.calls().length;
  const end = await source.fetch({ manifest: again, targets: whole, options: {} }).done;
  assert.equal(end.files.length, 2);
  assert.equal(mega.calls().length, before);
  const cut = whole.map((target) => ({ ...target, durable: [] }));
  await assert.rejects(source.fetch({ manifest: again, targets: cut, options: {} }).done, /no longer complete/);
});

test('a partial of another source is not gone on with', async () => {
  const resume = { token: { version: 'x' }, durable: [[0, 5]] as const };
  const manifest = await create().resolve({ link, options: {}, directory: root, resume }, never);
  assert.equal(manifest.continues, false);
});

test('new and changed files count, all where nothing is new, unfinished ones never', () => {
  const before = new Map([
    ['old', 5],
    ['grown', 1],
  ]);
  const names = (after_: readonly (readonly [string, number])[]) =>
    appeared(before, new Map(after_), '/f').map(({ path, main, at }) => [path, main, at]);
  assert.deepEqual(
    names([
      ['old', 5],
      ['grown', 2],
      ['new', 3],
    ]),
    [
      ['grown', false, '/f/grown'],
      ['new', true, '/f/new'],
    ],
  );
  assert.deepEqual(
    names([
      ['old', 5],
      ['grown', 1],
    ]),
    [
      ['grown', false, '/f/grown'],
      ['old', true, '/f/old'],
    ],
  );
  assert.deepEqual(names([['d/.getxfer.7.mega', 9]]), []);
});

test('the exit code decides, whatever was said', () => {
  const said = fc.array(fc.oneof(fc.string(), fc.constantFrom('failed', 'error: completed', 'identical file exists')));
  fc.assert(
    fc.property(said, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 255 }), (lines, files, code) => {
      assert.equal(verdictOn({ code: 0, signal: null, said: lines, files }, 0), undefined);
      assert.equal(verdictOn({ code: 64, signal: null, said: lines, files }, 0), undefined);
      if (code !== 64)
        assert.match(verdictOn({ code, signal: null, said: lines, files }, 0)?.message ?? '', /^[^\n]{10,}$/);
    }),
  );
  assert.equal(verdictOn({ code: null, signal: 'SIGKILL', said: [], files: 1 }, 0)?.class, 'network');
});

test('a quota that is used up is known by what stands there in place of a file', () => {
  const at = (words: string) =>
    verdictOn({ code: 0, signal: null, said: ['Transfer not started. ', words], files: 0 }, 1000)?.retry;
  assert.deepEqual(at('… you can try again in 59 minutes.'), {
    when: 'later',
    reason: 'quota',
    at: 1000 + 59 * 60_000,
  });
  assert.deepEqual(at('… you can try again in 30 seconds.'), { when: 'later', reason: 'quota', at: 31_000 });
  assert.deepEqual(at('proceding will exceed transfer quota.'), { when: 'later', reason: 'quota' });
});

test('transfers are known by where they write to; whatever else a listing says, only theirs are told', () => {
  const listing = [
    'TYPE     TAG  SOURCEPATH    DESTINYPATH    PROGRESS   STATE',
    ' ⇓      12  /a 99 b/file   /d/.longhaul-1.work/17/a (2).mkv   37.00% of 3 GB  ACTIVE',
    ' ⇵     13  /x  /d/.longhaul-12.work/17/a  1.00% of 3 GB  ACTIVE',
    ' ⇓ 14  /x  /d/.longhaul-1.work',
    '15 /d/.longhaul-1.work/17/b',
    '/d/.longhaul-1.work/17/16 ',
    ' ...  Showing first 10 transfers ...',
  ].join('\n');
  assert.deepEqual(tagsBelow(listing, '/d/.longhaul-1.work'), ['12', '15']);
  const word = fc.oneof(
    fc.constantFrom('/d/.longhaul-1.work/', '/d/.longhaul-12.work/', ' ', '\n', '⇓ '),
    fc.nat(99).map(String),
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 5, arbitrary: word }, fc.string()), { maxLength: 40, size: 'max' }),
      (words) => {
        const text = words.join('');
        const theirs = text.split(/\r?\n/).filter((line) => line.includes('/d/.longhaul-1.work/'));
        const tags = tagsBelow(text, '/d/.longhaul-1.work');
        assert.ok(tags.length <= theirs.length);
        for (const tag of tags) {
          assert.match(tag, /^\d+$/);
          assert.ok(
            theirs.some((line) => line.indexOf(tag) < line.indexOf('/d/.longhaul-1.work/')),
            tag,
          );
        }
      },
    ),
  );
});

import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { hour, inShort, tidyStage } from '../../test/support/tidy-stage.ts';
import { realDisk } from '../disk/real-disk.ts';
import type { RetentionRules } from '../downloads/retention.ts';
import { formatChecksum, parseChecksum } from '../verify/checksum.ts';

const keeping = (rules: RetentionRules, categories: readonly [string, RetentionRules][] = []) => ({
  retention: { rules, categories: new Map(categories) },
});

test('of more files than allowed the oldest are deleted; their rows stay and say which rule it was', async () => {
  await using stage = await tidyStage();
  const ids = [await stage.deliver('a', 'a'), await stage.deliver('b', 'b'), await stage.deliver('c', 'c')];
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 2 }))), ['cleaned a']);
  assert.deepEqual(await stage.names(), ['b', 'c']);
  const [a = 0, b = 0] = ids;
  assert.deepEqual([await stage.status(a), await stage.status(b)], ['cleaned', 'completed']);
  const event = (await stage.store.events({ downloadId: a, limit: 100 })).at(-1);
  assert.partialDeepStrictEqual(event, { from: 'completed', to: 'cleaned', detail: { rule: 'max_files', limit: 2 } });
  assert.deepEqual(await stage.tidy(keeping({ maxFiles: 2 })), [], 'and nothing more');
  assert.equal((await stage.store.files(a))[0]?.finalPath, null);
});

test('a dry run tells the same and changes nothing', async () => {
  await using stage = await tidyStage();
  const a = await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  const before = await stage.store.lastEventId();
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 1 }), { dryRun: true })), ['cleaned a']);
  assert.deepEqual([await stage.names(), await stage.status(a)], [['a', 'b'], 'completed']);
  assert.equal(await stage.store.lastEventId(), before);
});

test('age, bytes and categories', async () => {
  await using stage = await tidyStage();
  await stage.deliver('old', '1');
  await stage.deliver('film', '1234', { category: 'films' });
  await stage.deliver('film2', '1234', { category: 'films' });
  await stage.deliver('new', '1');
  const done = await stage.tidy(keeping({ maxAge: 3.5 * hour }, [['films', { maxBytes: 5 }]]));
  assert.deepEqual(inShort(done).toSorted(), ['cleaned film', 'cleaned old']);
  assert.deepEqual(await stage.names(), ['film2', 'new']);
});

test('what the user changed, replaced or deleted is said once, left alone, and makes no other file go in its place', async () => {
  await using stage = await tidyStage();
  const path = (name: string) => join(stage.folder, name);
  await stage.deliver('keep', 'first');
  const changed = await stage.deliver('changed', '1234');
  const replaced = await stage.deliver('replaced', '1234');
  const gone = await stage.deliver('gone', '1234');
  await stage.deliver('last', 'x');
  await writeFile(path('changed'), 'longer than it was');
  await unlink(path('replaced'));
  await writeFile(path('replaced'), 'mine');
  await utimes(path('replaced'), new Date(), new Date(Date.now() + 60_000));
  await unlink(path('gone'));
  const rules = keeping({ maxFiles: 2 });
  const told = [`let go ${changed}`, `let go ${replaced}`, `let go ${gone}`];
  assert.deepEqual(inShort(await stage.tidy(rules)).toSorted(), told.toSorted());
  assert.deepEqual(await stage.names(), ['changed', 'keep', 'last', 'replaced']);
  assert.deepEqual(await stage.tidy(rules), []);
  const [event] = (await stage.store.events({ downloadId: gone, limit: 100 })).slice(-1);
  assert.match(String(event?.detail.message), /gone was moved or deleted; retention leaves it alone$/);
  assert.equal(await stage.status(gone), 'completed');
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 1 }))), ['cleaned keep']);
});

test('a copy from a backup is known by size and time, and by its digest where one is known', async () => {
  await using stage = await tidyStage();
  const digest = (text: string) =>
    import('node:crypto').then(({ createHash }) =>
      formatChecksum(parseChecksum(`sha-256=${createHash('sha256').update(text).digest('hex')}`)),
    );
  await stage.deliver('plain', 'text');
  await stage.deliver('right', 'text', { digest: await digest('text') });
  const wrong = await stage.deliver('wrong', 'text', { digest: await digest('text') });
  await stage.deliver('last', 'x');
  for (const [name, text] of [
    ['plain', 'text'],
    ['right', 'text'],
    ['wrong', 'TEXT'],
  ] as const) {
    const path = join(stage.folder, name);
    const facts = await realDisk.facts(path);
    await rename(path, `${path}.old`);
    await writeFile(path, text);
    await utimes(path, new Date(), new Date(facts?.modifiedAt ?? 0));
  }
  const done = inShort(await stage.tidy(keeping({ maxFiles: 1 })));
  assert.deepEqual(done.toSorted(), ['cleaned plain', 'cleaned right', `let go ${wrong}`]);
  assert.equal(await readFile(join(stage.folder, 'wrong'), 'utf8'), 'TEXT');
});

test('a disk that is not mounted is not taken for deleted files', async () => {
  await using stage = await tidyStage();
  const id = await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  await rename(stage.folder, `${stage.folder}-away`);
  assert.deepEqual(await stage.tidy(keeping({ maxFiles: 1 })), []);
  await rename(`${stage.folder}-away`, stage.folder);
  const otherDevice = {
    ...realDisk,
    facts: async (path: string) => {
      const facts = await realDisk.facts(path);
      return facts?.isDirectory ? { ...facts, device: facts.device + 1 } : undefined;
    },
  };
  assert.deepEqual(await stage.tidy(keeping({ maxFiles: 1 }), {}, { disk: otherDevice }), []);
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 1 }))), ['cleaned a']);
  assert.equal(await stage.status(id), 'cleaned');
});

test('on a store of several machines a file that is not here is nobody’s loss', async () => {
  await using stage = await tidyStage();
  const id = await stage.deliver('elsewhere', 'a');
  await stage.deliver('b', 'b');
  await unlink(join(stage.folder, 'elsewhere'));
  assert.deepEqual(await stage.tidy(keeping({ maxFiles: 1 }), {}, { seesAll: false }), []);
  assert.equal(await stage.status(id), 'completed');
  assert.deepEqual(await stage.names(), ['b']);
});

test('a crash between the record and the deletion is gone on with, and a retry in between keeps its own file', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const turn = { chore: 'tidy', owner: 'dead' };
  const clean = async (id: number) => {
    assert.equal(await store.takeTurn(turn, clock.now() - 60_000, clock.now()), true);
    await store.clean(turn, id, { rule: 'max_files', limit: 1 }, clock.now());
  };
  await clean(await stage.deliver('a', 'a'));
  assert.deepEqual(await stage.names(), ['a']);
  await clock.advance(hour);
  await stage.tidy();
  assert.deepEqual(await stage.names(), []);
  const again = await stage.deliver('b', 'b');
  await clean(again);
  await store.wish(again, { wish: 'retry' }, clock.now());
  await clock.advance(hour);
  await stage.tidy(keeping({ maxFiles: 1 }));
  assert.deepEqual([await stage.names(), await stage.status(again)], [['b'], 'pending']);
});

test('a file that another download was delivered as since is not deleted for the older one', async () => {
  await using stage = await tidyStage();
  const modifiedAt = new Date();
  const older = await stage.deliver('a', 'same', { modifiedAt });
  const path = join(stage.folder, 'a');
  await rename(path, `${path}.kept`);
  await stage.deliver('a', 'same', { modifiedAt });
  await stage.deliver('c', 'c');
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 2 }))), [`let go ${older}`]);
  assert.equal(await readFile(path, 'utf8'), 'same');
});

test('what cannot be deleted is said and tried again', async () => {
  await using stage = await tidyStage();
  await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  const remove = () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }));
  assert.deepEqual(inShort(await stage.tidy(keeping({ maxFiles: 1 }), {}, { disk: { ...realDisk, remove } })), [
    'left downloads/a',
  ]);
  assert.deepEqual(await stage.names(), ['a', 'b']);
  await stage.tidy(keeping({ maxFiles: 1 }));
  assert.deepEqual(await stage.names(), ['b']);
});

test('of two processes one has the turn; it is free when its holder was silent for a minute', async () => {
  await using stage = await tidyStage();
  const { store, clock } = stage;
  const [one, two] = [
    { chore: 'tidy', owner: 'one' },
    { chore: 'tidy', owner: 'two' },
  ];
  await stage.deliver('a', 'a');
  await stage.deliver('b', 'b');
  assert.equal(await store.takeTurn(one, clock.now() - 60_000, clock.now()), true);
  assert.deepEqual(await stage.tidy(keeping({ maxFiles: 1 })), [], 'somebody is at it');
  await clock.advance(61_000);
  assert.equal(await store.takeTurn(two, clock.now() - 60_000, clock.now()), true);
  assert.equal(await store.clean(one, 1, { rule: 'max_files', limit: 1 }, clock.now()), undefined);
  assert.deepEqual(await stage.names(), ['a', 'b']);
  await rm(stage.folder, { recursive: true });
  await mkdir(stage.folder);
});

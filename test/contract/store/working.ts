import assert from 'node:assert/strict';
import { NotPossible } from '../../../src/store/store.ts';
import {
  added,
  checkpoint,
  claimed,
  delivered,
  inState,
  manifest,
  mark,
  me,
  networkError,
  now,
  type Promises,
  present,
  retryAt,
  running,
  ttl,
} from './scene.ts';

/** What happens under a lease. */
export const workingPromises: Promises = {
  'a manifest is recorded; told again, what is durable stays': async (store) => {
    const { claim, fileId } = await running(store);
    await checkpoint(store, claim.lease, fileId, 600);
    const [file] = present(await store.recordManifest(claim.lease, manifest, now));
    assert.partialDeepStrictEqual(file, {
      id: fileId,
      path: 'file.bin',
      size: 1000,
      main: true,
      selected: true,
      durable: [[0, 600]],
    });
    const facts = { name: 'file.bin', totalBytes: 1000, resumeToken: { etag: '"a"' }, bytesDownloaded: 600 };
    assert.partialDeepStrictEqual(await store.get(claim.download.id), facts);
    const kinds = (await store.events({ downloadId: claim.download.id, limit: 10 })).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['added', 'state', 'resolved'], 'the second told nothing new');
  },

  'a restart gives up what was durable, and nothing that is in place': async (store) => {
    const { claim, fileId } = await running(store);
    await checkpoint(store, claim.lease, fileId, 600);
    await store.recordPartial(claim.lease, fileId, '/downloads/file.bin.part', now);
    const [file] = present(
      await store.recordManifest(claim.lease, { ...manifest, restart: true, reason: 'changed' }, now),
    );
    assert.partialDeepStrictEqual(file, { durable: [], partialPath: null });
    assert.partialDeepStrictEqual(await store.get(claim.download.id), { bytesDownloaded: 0, downloadPath: null });
    const events = await store.events({ downloadId: claim.download.id, limit: 10 });
    const restarted = events.find(({ kind }) => kind === 'restarted');
    assert.deepEqual(restarted?.detail, { reason: 'changed', lostBytes: 600 });
    await store.change(claim.lease, delivered, now);
    assert.equal(await store.recordManifest(claim.lease, { ...manifest, restart: true }, now), undefined);
    assert.equal((await store.get(claim.download.id))?.downloadPath, delivered.downloadPath);
  },

  'other files take the place of those before, and nothing is told as lost': async (store) => {
    const { claim, fileId } = await running(store);
    await store.recordPartial(claim.lease, fileId, '/downloads/stand-in.part', now);
    const files = [{ path: 'd/a', size: 5, main: true }];
    const facts = { ...manifest, files, totalBytes: 5, replaces: true } as const;
    const [file] = present(await store.recordManifest(claim.lease, facts, now));
    assert.partialDeepStrictEqual(file, { path: 'd/a', size: 5, main: true, partialPath: null, durable: [] });
    const kinds = (await store.events({ downloadId: claim.download.id, limit: 10 })).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['added', 'state', 'resolved', 'resolved']);
  },

  'a download is handed over to another source with what that one tells': async (store) => {
    const { claim } = await running(store);
    await store.recordManifest(claim.lease, { ...manifest, source: 'stream' }, now);
    assert.equal((await store.get(claim.download.id))?.source, 'stream');
    await store.recordManifest(claim.lease, manifest, now);
    assert.equal((await store.get(claim.download.id))?.source, 'stream');
  },

  'a manifest with fewer files drops the last, with more adds them': async (store) => {
    const { claim } = await running(store);
    const files = [...manifest.files, { path: 'b', size: null, main: false }, { path: 'c', size: 0, main: false }];
    assert.equal((await store.recordManifest(claim.lease, { ...manifest, files }, now))?.length, 3);
    assert.equal((await store.recordManifest(claim.lease, manifest, now))?.length, 1);
  },

  'very many files are all told, read and claimed, in their order, and told again nothing of them is lost': async (
    store,
  ) => {
    const claim = await claimed(store, (await added(store)).id);
    const { id } = claim.lease;
    const named = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ path: `${at}`, size: at, main: false }));
    const paths = named(1001).map(({ path }) => path);
    const pathsOf = (files: readonly { readonly path: string }[] | undefined) => files?.map(({ path }) => path);
    const many = { ...manifest, files: named(1000) };
    assert.deepEqual(pathsOf(await store.recordManifest(claim.lease, many, now)), paths.slice(0, 1000));
    const last = present((await store.files(id)).at(-1));
    await checkpoint(store, claim.lease, last.id, 7);
    const more = await store.recordManifest(claim.lease, { ...many, files: named(1001) }, now);
    assert.deepEqual(pathsOf(more), paths);
    assert.deepEqual(more?.[999], { ...last, durable: [[0, 7]] });
    await store.change(claim.lease, { to: 'pending', why: 'shutdown' }, now);
    assert.equal(await store.recordManifest(claim.lease, many, now), undefined, 'the lease is lost');
    assert.deepEqual((await claimed(store, id)).files, more);
    assert.deepEqual(await store.files(id), more);
  },

  'the path of a partial belongs to one file until its download ends': async (store) => {
    const first = await running(store);
    const second = await running(store);
    const path = '/downloads/file.bin.part';
    assert.equal(await store.recordPartial(first.claim.lease, first.fileId, path, now), 'recorded');
    assert.equal(await store.recordPartial(first.claim.lease, first.fileId, path, now), 'recorded');
    assert.equal(await store.recordPartial(second.claim.lease, second.fileId, path, now), 'taken');
    assert.equal((await store.files(first.claim.download.id))[0]?.partialPath, path);
    await store.change(first.claim.lease, delivered, now);
    assert.equal(await store.recordPartial(second.claim.lease, second.fileId, path, now), 'taken');
    await store.change(first.claim.lease, { to: 'completed' }, now);
    assert.equal(await store.recordPartial(second.claim.lease, second.fileId, path, now), 'recorded');
    await store.change(second.claim.lease, { to: 'cancelled' }, now);
    const third = await running(store);
    assert.equal(await store.recordPartial(third.claim.lease, third.fileId, path, now), 'recorded');
  },

  'the partial of an only file may be recorded with the manifest, and belongs to nobody else': async (store) => {
    const { claim } = await running(store);
    const path = '/downloads/.longhaul-1.part';
    const [file] = present(await store.recordManifest(claim.lease, { ...manifest, partialPath: path }, now));
    assert.equal(file?.partialPath, path);
    assert.equal((await store.files(claim.download.id))[0]?.partialPath, path);
    const other = await running(store);
    assert.equal(await store.recordPartial(other.claim.lease, other.fileId, path, now), 'taken');
  },

  'what needs no more work is delivered in one, with both states told': async (store) => {
    const { claim } = await running(store);
    const { to: _, ...facts } = delivered;
    assert.partialDeepStrictEqual(await store.deliver(claim.lease, facts, now), {
      status: 'completed',
      ...facts,
      bytesDownloaded: 1000,
      lockedBy: null,
    });
    assert.deepEqual((await store.files(claim.download.id))[0]?.durable, [[0, 1000]]);
    const states = (await store.events({ downloadId: claim.download.id, limit: 10 })).flatMap(({ to }) => to ?? []);
    assert.deepEqual(states, ['downloading', 'processing', 'completed']);
    assert.partialDeepStrictEqual((await store.attempts(claim.download.id))[0], {
      outcome: 'completed',
      toBytes: 1000,
    });
    assert.equal(await store.deliver(claim.lease, facts, now), undefined, 'the lease has ended');
  },

  'what may be a secret is kept while another request may need it, and forgotten with the last': async (store) => {
    const options = {
      name: 'x',
      headers: ['Authorization: Bearer abc'],
      bearer: 'abc',
      user: 'me',
      password: 'hunter2',
      proxy: 'http://me:hunter2@proxy:8080',
    };
    const claim = await claimed(store, (await added(store, { options })).id);
    await store.recordManifest(claim.lease, manifest, now);
    await store.change(claim.lease, delivered, now);
    assert.deepEqual((await store.get(claim.download.id))?.options, options);
    await store.change(claim.lease, { to: 'completed' }, now);
    const kept = { name: 'x', user: 'me', proxy: 'http://proxy:8080' };
    assert.deepEqual((await store.get(claim.download.id))?.options, kept);
  },

  'a verified file is recorded, and a download is as sure as its least sure file': async (store) => {
    const claim = await claimed(store, (await added(store)).id);
    const files = [...manifest.files, { path: 'b', size: null, main: false }];
    const [a, b] = present(await store.recordManifest(claim.lease, { ...manifest, files }, now));
    const facts = { ...mark, finalPath: '/downloads/b', size: 7, digest: 'sha-256=ab' };
    const record = (id: number, integrity: 'checksum' | 'unverified' | 'length') =>
      store.recordVerified(claim.lease, id, { ...facts, integrity }, now);
    assert.equal(await record(present(b).id, 'unverified'), 'recorded');
    assert.equal(await record(present(a).id, 'checksum'), 'recorded');
    assert.equal((await store.get(claim.download.id))?.integrity, 'unverified');
    assert.partialDeepStrictEqual((await store.files(claim.download.id))[1], facts);
  },

  'a pulse extends leases and records checkpoints, of all in one go': async (store) => {
    const one = await running(store);
    const two = await running(store);
    const checkpoints = [
      {
        lease: one.claim.lease,
        fileId: one.fileId,
        ranges: [
          [500, 600],
          [0, 100],
          [100, 200],
        ] as const,
      },
      { lease: two.claim.lease, fileId: two.fileId, ranges: [[0, 5]] as const },
    ];
    const samples = [
      { subject: `own:${one.claim.download.id}`, at: now, bytes: 300, total: null, status: 'downloading' },
    ] as const;
    const leases = [one.claim.lease, two.claim.lease];
    const answer = await store.pulse({ instance: me, leases, leaseUntil: now + 99, checkpoints, samples }, now);
    assert.deepEqual(answer.lost, []);
    const download = present(await store.get(one.claim.download.id));
    assert.partialDeepStrictEqual(download, { leaseUntil: now + 99, bytesDownloaded: 300 });
    assert.deepEqual((await store.files(download.id))[0]?.durable, [
      [0, 200],
      [500, 600],
    ]);
    assert.equal((await store.get(two.claim.download.id))?.bytesDownloaded, 5);
  },

  'a lost lease in a pulse harms only itself': async (store) => {
    const mine = await running(store);
    const other = await claimed(store, (await added(store)).id, 'other');
    const wrong = { id: mine.claim.lease.id, token: 99 };
    const leases = [other.lease, mine.claim.lease, wrong];
    const checkpoints = [{ lease: mine.claim.lease, fileId: mine.fileId, ranges: [[0, 10]] as const }];
    const answer = await store.pulse({ instance: me, leases, leaseUntil: now + 99, checkpoints, samples: [] }, now);
    assert.deepEqual(answer.lost, [other.lease, wrong]);
    assert.equal((await store.get(other.lease.id))?.leaseUntil, now + ttl);
    assert.equal((await store.get(mine.claim.lease.id))?.bytesDownloaded, 10);
  },

  'from the bytes in place to the end: the attempt closes, the lease is free': async (store) => {
    const { claim, fileId } = await running(store);
    await checkpoint(store, claim.lease, fileId, 1000);
    const processing = present(await store.change(claim.lease, delivered, now + 1));
    const { to: _, ...facts } = delivered;
    assert.partialDeepStrictEqual(processing, { ...facts, status: 'processing', lockedBy: me });
    const completed = present(await store.change(claim.lease, { to: 'completed' }, now + 2));
    assert.partialDeepStrictEqual(completed, {
      status: 'completed',
      lockedBy: null,
      completedAt: now + 2,
      errorClass: null,
    });
    assert.partialDeepStrictEqual(await store.attempts(claim.download.id), [
      { outcome: 'completed', toBytes: 1000, endedAt: now + 2 },
    ]);
    assert.equal(await store.change(claim.lease, { to: 'paused' }, now), undefined, 'the lease ended with it');
  },

  'a change that the states do not allow is refused and leaves no trace': async (store) => {
    const { claim } = await running(store);
    const before = [await store.get(claim.download.id), await store.lastEventId()];
    await assert.rejects(store.change(claim.lease, { to: 'completed' }, now), NotPossible);
    await store.change(claim.lease, delivered, now);
    await assert.rejects(store.change(claim.lease, delivered, now), NotPossible);
    assert.notDeepEqual([await store.get(claim.download.id), await store.lastEventId()], before);
    assert.equal((await store.events({ downloadId: claim.download.id, limit: 10 })).length, 4);
  },

  'a failed try is counted, told and waits; progress resets the tries in vain': async (store) => {
    const { claim, fileId } = await running(store);
    const { id } = claim.download;
    const first = present(await store.change(claim.lease, retryAt(now + 10), now + 1));
    const waits = { status: 'retrying', waitingFor: 'backoff', nextAttemptAt: now + 10, retryCount: 1, triesInVain: 1 };
    assert.partialDeepStrictEqual(first, {
      ...waits,
      lastRetryAt: now + 1,
      errorClass: 'network',
      errorMessage: 'reset',
    });
    const second = await claimed(store, id, me, now + 10);
    assert.equal((await store.change(second.lease, retryAt(now + 20), now))?.triesInVain, 2);
    const third = await claimed(store, id, me, now + 20);
    await checkpoint(store, third.lease, fileId, 50);
    assert.partialDeepStrictEqual(await store.change(third.lease, retryAt(now + 30), now), {
      triesInVain: 0,
      retryCount: 3,
    });
    const fourth = await claimed(store, id, me, now + 30);
    assert.equal(fourth.download.bytesDownloaded, 50);
    const uncounted = await store.change(fourth.lease, retryAt(now + 40, { counts: false }), now);
    assert.partialDeepStrictEqual(uncounted, { triesInVain: 0, retryCount: 3 });
    const attempts = await store.attempts(id);
    assert.deepEqual(
      attempts.map(({ outcome }) => outcome),
      ['retrying', 'retrying', 'retrying', 'retrying'],
    );
    assert.deepEqual(
      attempts.map(({ fromBytes, toBytes }) => [fromBytes, toBytes]),
      [
        [0, 0],
        [0, 0],
        [0, 50],
        [50, 50],
      ],
    );
    assert.equal(attempts[0]?.errorMessage, 'reset');
  },

  'what proved worthless is given up with the retry, and was no progress': async (store) => {
    const { claim, fileId } = await running(store);
    await store.recordPartial(claim.lease, fileId, '/downloads/file.bin.part', now);
    await checkpoint(store, claim.lease, fileId, 1000);
    const retrying = await store.change(claim.lease, retryAt(now, { discard: true }), now);
    assert.partialDeepStrictEqual(retrying, { bytesDownloaded: 0, resumeToken: null, triesInVain: 1 });
    const [file] = await store.files(claim.download.id);
    assert.partialDeepStrictEqual(file, { durable: [], partialPath: '/downloads/file.bin.part' });
  },

  'a final failure keeps what was fetched; a shutdown is not a retry': async (store) => {
    const failed = await inState(store, 'failed');
    assert.partialDeepStrictEqual(failed, { bytesDownloaded: 600, errorClass: networkError.class, lockedBy: null });
    const { claim } = await running(store);
    const pending = await store.change(claim.lease, { to: 'pending', why: 'shutdown' }, now);
    assert.partialDeepStrictEqual(pending, { status: 'pending', retryCount: 0, triesInVain: 0, errorClass: null });
    const last = (await store.events({ downloadId: claim.download.id, limit: 10 })).at(-1);
    assert.partialDeepStrictEqual(last, { from: 'downloading', to: 'pending', detail: { why: 'shutdown' } });
  },

  'a note is kept with its numbers': async (store) => {
    const { claim } = await running(store);
    await store.note(claim.lease, 'warning', { message: 'x', n: 1 }, now);
    const last = (await store.events({ downloadId: claim.download.id, limit: 10 })).at(-1);
    assert.partialDeepStrictEqual(last, { kind: 'warning', detail: { message: 'x', n: 1 }, from: null, to: null });
  },
};

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type OperationProgress, openLonghaul } from '../../src/index.ts';
import { needs } from '../support/needs.ts';
import { wholeWay } from '../support/whole-way.ts';

const every = 100;

test(
  'a film from MEGA becomes sound and is uploaded, and each part is told from 0 to 100',
  needs('ffmpeg'),
  async (context) => {
    const { place, catbox, link, steps } = await wholeWay(context, 4);
    const longhaul = await openLonghaul({ home: place.home });
    const told: OperationProgress[] = [];
    const began = performance.now();
    longhaul.onProgress(({ progress }) => void told.push(progress), { every });
    const got = await longhaul.get({ link, directory: join(place.cwd, 'films'), options: { steps, keep: 'result' } });
    const took = performance.now() - began;
    await longhaul.close();
    assert.equal(got?.status, 'completed', got?.errorMessage ?? '');
    const [[address, stored] = []] = [...catbox.files];
    assert.equal(got.resultLink, address);
    assert.deepEqual([stored?.name, catbox.files.size], ['film_128kbps.m4a', 1]);
    assert.deepEqual(await readdir(join(place.cwd, 'films')), ['film_128kbps.m4a']);
    assert.deepEqual([...new Set(told.map(({ operation }) => operation))], ['download', 'convert', 'upload']);
    for (const operation of ['download', 'convert', 'upload']) {
      const own = told.filter((progress) => progress.operation === operation);
      const parts = own.map(({ percentage }) => percentage ?? 0);
      assert.deepEqual(
        parts,
        parts.toSorted((a, b) => a - b),
        `${operation} never goes back`,
      );
      assert.partialDeepStrictEqual(own.at(-1), { status: 'completed', percentage: 100 }, 'the last is told');
      assert.ok(own.slice(0, -1).every(({ status }) => status !== 'completed'));
    }
    assert.ok(told.length <= took / every + 4, 'no more than one in each interval, and the three ends');
  },
);

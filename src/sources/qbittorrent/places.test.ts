import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Metainfo } from '../torrent/metainfo.ts';
import { placesOf } from './places.ts';

const shown = (path: string, size: number, index: number) => ({ path, size, offset: 0, index });
/** Two files with one between them that only fills up. */
const metainfo = { files: [shown('T/a', 5, 0), shown('T/b', 7, 2)] } as unknown as Metainfo;
const folder = '/there/.longhaul-1';
const targets = [{ position: 1 }];

test('files are found in the list with those that only fill up, and in one without them', () => {
  const [a, pad, b] = [
    { name: 'T/a', size: 5 },
    { name: '.pad/1', size: 3 },
    { name: 'T/b', size: 7 },
  ];
  assert.deepEqual(placesOf({ metainfo, folder }, [a, pad, b], targets).wanted, [2]);
  const { wanted, paths } = placesOf({ metainfo, folder }, [a, b], targets);
  assert.deepEqual([wanted, paths[1]], [[1], `${folder}/T/b`]);
});

test('a list that is not that of the torrent is refused, and nothing outside of its folder is believed', () => {
  const a = { name: 'T/a', size: 5 };
  for (const b of ['../b', '/etc/passwd/../../b', 'T/../../b', '..', '.'].map((name) => ({ name, size: 7 }))) {
    try {
      for (const path of placesOf({ metainfo, folder }, [a, b], targets).paths)
        assert.match(path, /^\/there\/\.longhaul-1\/./);
    } catch (error) {
      assert.match(String(error), /does not know the file T\/b/);
    }
  }
  assert.throws(
    () => placesOf({ metainfo, folder }, [a, { name: 'T/b', size: 8 }], targets),
    /does not know the file T\/b/,
  );
  assert.throws(() => placesOf({ metainfo, folder }, [a], targets), /does not know the file T\/b/);
  fc.assert(
    fc.property(fc.string(), (name) => {
      try {
        const { paths } = placesOf({ metainfo, folder }, [a, { name, size: 7 }], targets);
        assert.ok(paths[1]?.startsWith(`${folder}/`));
      } catch (error) {
        assert.match(String(error), /does not know the file/);
      }
    }),
  );
});

import assert from 'node:assert/strict';
import { resolve, sep } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { archivesAmong } from './archives.ts';
import { checkSymlink, placeOf } from './entry.ts';
import { readRarList } from './rar.ts';
import { readList } from './seven-zip.ts';

const piece = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('..', '.', '', '/', '\\', 'C:', '\0', '~', '-x', 'con', 'a'.repeat(300), '\u202e', 'x.part.json'),
);
const anyPath = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('/'));

test('whatever an entry is called, it goes below the folder of its archive or is refused', () => {
  const root = resolve('/work/x');
  fc.assert(
    fc.property(fc.oneof(anyPath, fc.string()), (name) => {
      let place: readonly string[];
      try {
        place = placeOf(name);
      } catch (error) {
        assert.ok(error instanceof Failure && error.class === 'suspect');
        assert.ok(!/[\n\0]/.test(error.message));
        return;
      }
      const path = resolve(root, ...place);
      assert.ok(place.length === 0 ? path === root : path.startsWith(root + sep));
      for (const part of place)
        assert.ok(Buffer.byteLength(part) <= 255 && !/[/\\\0]/.test(part) && !/^\.\.?$/.test(part));
    }),
    { numRuns: 200 },
  );
});

test('a link that passes leads to a place in the folder, as a system would resolve it', () => {
  const root = resolve('/work/x');
  fc.assert(
    fc.property(anyPath, anyPath, (name, target) => {
      try {
        checkSymlink(name, target);
      } catch (error) {
        assert.ok(error instanceof Failure);
        return;
      }
      const place = placeOf(name);
      const from = resolve(root, ...place.slice(0, -1));
      const reached = resolve(from, ...target.split(/[/\\]/));
      assert.ok(reached === root || reached.startsWith(root + sep), `${name} -> ${target}: ${reached}`);
    }),
    { numRuns: 200 },
  );
  assert.throws(() => checkSymlink('a/b', '../../x'));
  assert.doesNotThrow(() => checkSymlink('a/b', '../x'));
});

test('what a program prints of an archive is read or refused, and a name cannot pretend to be another entry', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'Path = a',
      'Size = 5',
      'Size = -1',
      'Size =',
      'Attributes = A -rw-r--r--',
      'CRC = 0000000A',
      'Encrypted = +',
      '',
    ),
    fc.string(),
  );
  const listing = fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));
  const number = fc.oneof(fc.constantFrom(0, 1), fc.double(), fc.string());
  const member = fc.record(
    {
      XADFileName: fc.string(),
      XADFileSize: fc.oneof(fc.nat(), number),
      XADIsDirectory: number,
      XADIsLink: number,
      RARCRC32: number,
    },
    { requiredKeys: ['XADFileName'] },
  );
  const json = fc.array(member, { maxLength: 3 }).map((lsarContents) => JSON.stringify({ lsarContents }));
  for (const [read, likely] of [
    [readList, listing],
    [readRarList, json],
  ] as const) {
    let entries = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: likely }, fc.string(), fc.json()), (text) => {
        try {
          for (const { size } of read(text)) {
            entries += 1;
            assert.ok(size >= 0);
          }
        } catch (error) {
          assert.ok(error instanceof Failure && ['suspect', 'refused'].includes(error.class));
        }
      }),
    );
    assert.ok(entries > 0);
  }
  const [entry] = readList('Path = a\nSize = 5\nAttributes = A -rw-r--r--\nCRC = 0000000A\nSize = 7\n');
  assert.deepEqual(entry, { name: 'a', kind: 'file', size: 5, crc: 10, encrypted: false });
});

test('parts of one archive belong together, in their order, and what is missing between them is named', () => {
  const groups = (...names: readonly string[]) =>
    archivesAmong(names.map((name) => `/d/${name}`)).map(({ stem, first, parts, missing }) => [
      stem,
      first.slice(3),
      parts.length,
      missing.join(),
    ]);
  assert.deepEqual(groups('a.part03.rar', 'a.part01.rar'), [['a', 'a.part01.rar', 2, 'a.part02.rar']]);
  assert.deepEqual(groups('a.r01', 'a.rar', 'a.r00', 'a.nfo'), [['a', 'a.rar', 3, '']]);
  assert.deepEqual(groups('a.r01', 'a.r00'), [['a', 'a.r00', 2, 'a.rar']]);
  assert.deepEqual(groups('a.zip.002', 'a.zip.001'), [['a', 'a.zip.001', 2, '']]);
  assert.deepEqual(groups('a.z01', 'a.zip'), [['a', 'a.zip', 2, '']]);
  assert.deepEqual(groups('a.zip', 'a.tar.gz', 'A.7z'), [
    ['a', 'a.zip', 1, ''],
    ['a', 'a.tar.gz', 1, ''],
    ['A', 'A.7z', 1, ''],
  ]);
  assert.deepEqual(groups('film.mkv', 'a.docx', 'b.part', 'x.001', '.zip'), []);
});

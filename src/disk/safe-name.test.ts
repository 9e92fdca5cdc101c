import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/runs.ts';
import { numberedName, safeName, safePath } from './safe-name.ts';

const examples: [raw: string, safe: string][] = [
  ['film.mkv', 'film.mkv'],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['C:\\Windows\\x.dll', 'x.dll'],
  ['C:', 'download'],
  ['\\\\server\\share\\x', 'x'],
  ['..', 'download'],
  ['', 'download'],
  ['.bashrc', '_bashrc'],
  ['-rf', '_rf'],
  ['~root', '_root'],
  ['a\u0000b\u001b[2Jc', 'ab[2Jc'],
  ['invoice\u202efdp.exe', 'invoicefdp.exe'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['com1.tar.gz', '_com1.tar.gz'],
  ['console.log', 'console.log'],
  ['what?<>|"*.txt', 'what______.txt'],
  ['trailing. . ', 'trailing'],
  ['e\u0301te\u0301.txt', '\u00e9t\u00e9.txt'],
  ['\ud800lone', 'lone'],
  ['film.mkv.part.json', 'film.mkv.part_json'],
  ['X.PART.JSON', 'X.part_json'],
];

for (const [raw, safe] of examples) {
  test(`safeName(${JSON.stringify(raw)}) is ${JSON.stringify(safe)}`, () => assert.equal(safeName(raw), safe));
}

test('no name, however it is cut, looks like one of our sidecars', () => {
  for (let length = 200; length < 260; length += 1) {
    const name = safeName(`${'a'.repeat(length)}.part${'b'.repeat(60)}.json`);
    assert.doesNotMatch(name, /\.part\.json$/);
  }
});

test('a name of 300 bytes keeps its extension and leaves room for our endings', () => {
  const name = safeName(`${'名'.repeat(200)}.tar.gz`);
  assert.ok(name.endsWith('.tar.gz'));
  assert.ok(Buffer.byteLength(`${numberedName(name, 9999)}.part.json`) <= 255);
  assert.ok(Buffer.byteLength(name) > 200);
});

test('an overlong single character cluster is cut too', () => {
  const name = safeName(`e${'\u0301\u0302'.repeat(300)}`);
  assert.ok(Buffer.byteLength(name) <= 238 && name.length > 0);
});

test('a number goes before the extension', () => {
  assert.equal(numberedName('a.iso', 2), 'a (2).iso');
  assert.equal(numberedName('a.tar.gz', 3), 'a (3).tar.gz');
  assert.equal(numberedName('README', 2), 'README (2)');
  assert.equal(numberedName('a.iso', 1), 'a.iso');
});

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({
    unit: fc.constantFrom('/', '\\', '.', '-', ' ', ':', 'C', '\0', '\u202e', '名', 'n', 'u', 'l'),
    maxLength: 60,
  }),
  fc.string({ unit: 'grapheme', maxLength: 400 }),
);

test('whatever the name was, the result is one component inside the folder', () => {
  fc.assert(
    fc.property(anything, (raw) => {
      for (const name of [safeName(raw), ...safePath(raw)]) {
        assert.ok(name.length > 0 && Buffer.byteLength(name) <= 238);
        assert.ok(!/[/\\\0<>:"|?*]/.test(name), name);
        assert.ok(!/^[-.~\s]|[.\s]$/.test(name), JSON.stringify(name));
        assert.equal(name, name.normalize('NFC'));
        assert.equal(posix.dirname(posix.resolve('/root/dir', name)), '/root/dir');
        assert.equal(win32.dirname(win32.resolve('C:\\root\\dir', name)), 'C:\\root\\dir');
        assert.equal(safeName(name), name, 'safe names stay as they are');
      }
    }),
    { numRuns: runs(750) },
  );
});

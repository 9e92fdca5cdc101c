import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Download } from './download.ts';
import { csvColumns, csvLine, type ExportedDownload, exportedOf } from './exported.ts';

const download = {
  uid: '01a1fd58-d46d-71f5-b83b-7cffb3664a18',
  link: 'https://ann:word@host/f?x=1',
  options: {
    headers: ['Authorization: x'],
    user: 'ann',
    password: 'word',
    bearer: 'b',
    rate: 5000,
    proxy: 'http://u:p@h:1',
  },
  errorClass: null,
  createdAt: 0,
  updatedAt: 0,
  startedAt: null,
  completedAt: null,
  lastRetryAt: null,
} as unknown as Download;

test('secrets are in it only where they are asked for, and it says whether they are', () => {
  const without = exportedOf(download, [], { secrets: false });
  assert.deepEqual([without.link, without.options], ['https://***@host/f?x=1', { rate: 5000 }]);
  assert.equal(without.secretsLeftOut, true);
  const whole = exportedOf(download, [], { secrets: true });
  assert.deepEqual([whole.link, whole.options, whole.secretsLeftOut], [download.link, download.options, false]);
});

/** A line of RFC 4180, read back. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}

test('any text comes out of the table as it went in, but for what a spreadsheet would run', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('', '=', '+', '-', '@'), (rest, first) => {
      const name = `${first}${rest}`;
      const line = csvLine({ ...exportedOf(download, [], { secrets: false }), name } as ExportedDownload);
      const cells = cellsOf(line);
      assert.equal(cells.length, csvColumns.length);
      const expected = /^[=+\-@\t\r]/.test(name) ? `'${name}` : name;
      assert.equal(cells[csvColumns.indexOf('name')], expected);
    }),
  );
});

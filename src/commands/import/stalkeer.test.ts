import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatOf } from './formats.ts';
import type { Found, ReadRow } from './read-row.ts';

function found(text: string, pieces: readonly string[] = [text]): Found[] {
  const format = formatOf(text.slice(0, 65_536));
  if ('refused' in format) throw new Error(format.refused);
  const reader = format.reader();
  return [...pieces.flatMap((piece) => [...reader.push(piece)]), ...reader.end()];
}

const rowsIn = (all: readonly Found[]) => all.filter((one): one is ReadRow => 'origin' in one);
const wrongIn = (all: readonly Found[]) => all.flatMap((one) => ('wrong' in one ? [[one.line, one.wrong]] : []));

const head = "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\n";
const table = `CREATE TABLE public.download_info (
    id bigint NOT NULL,
    status character varying(50) DEFAULT 'pending'::character varying NOT NULL,
    download_path text,
    file_size numeric(20,0),
    retry_count integer DEFAULT 0,
    error_message text,
    created_at timestamp without time zone,
    url text,
    CONSTRAINT positive CHECK ((id > 0))
);

`;
const copied = `COPY public.channels (id, name) FROM stdin;
1\tINSERT INTO public.download_info VALUES (9);
\\.

COPY public.download_info (id, status, download_path, file_size, retry_count, error_message, created_at, url) FROM stdin;
1\tcompleted\t/m/A\\tB.mkv\t1000\t2\t\\N\t2025-01-02 03:04:05.678901\thttps://host/a.mkv
2\tfailed\t\\N\t\\N\t3\tline one\\nline two \\\\ 'x'\t2025-01-02 03:04:06\t\\N
3\tdownloading\t\\N\t\\N\t0\t\\N\t2025-01-02 03:04:07\t\\N
\\.

COPY public.processed_lines (id, line_content, line_url, line_hash, tvg_name, content_type, state, download_info_id) FROM stdin;
10\t#EXTINF http://u:p@host/b.mkv\thttp://u:p@host/b.mkv\th10\tB (2020)\tmovies\tfailed\t2
11\t#EXTINF\thttp://host/c.mkv\th11\tC\tmovies\tprocessed\t\\N
12\t#EXTINF\thttp://host/d.mkv\th12\tD\ttvshows\tdownloaded\t\\N
\\.
`;
const inserted = `INSERT INTO public.download_info VALUES (1, 'completed', '/m/A	B.mkv', 1000, 2, NULL, '2025-01-02 03:04:05.678901', 'https://host/a.mkv');
INSERT INTO public.download_info (id, status, download_path, file_size, retry_count, error_message, created_at, url) VALUES
  (2, 'failed', NULL, NULL, 3, 'line one
line two \\ ''x''', '2025-01-02 03:04:06', NULL),
  (3, 'downloading', NULL, NULL, 0, NULL, '2025-01-02 03:04:07'::timestamp, NULL);
INSERT INTO "public"."processed_lines" (id, line_content, line_url, line_hash, tvg_name, content_type, state, download_info_id) VALUES (10, 'x', 'http://u:p@host/b.mkv', 'h10', E'B \\(2020\\)', 'movies', 'failed', 2);
INSERT INTO public.processed_lines (id, line_content, line_url, line_hash, tvg_name, content_type, state, download_info_id) VALUES (11, 'x', 'http://host/c.mkv', 'h11', 'C', 'movies', 'processed', NULL), (12, 'x', 'http://host/d.mkv', 'h12', 'D', 'tvshows', 'downloaded', NULL);
`;

for (const [form, text] of Object.entries({ COPY: head + table + copied, INSERT: head + table + inserted })) {
  test(`a dump with ${form}: downloads with the line of the playlist they belong to, and lines without`, () => {
    const all = found(text);
    assert.deepEqual(wrongIn(all), []);
    const rows = rowsIn(all).toSorted((a, b) => a.key.localeCompare(b.key));
    const at = Date.UTC(2025, 0, 2, 3, 4, 5, 678);
    assert.deepEqual(
      rows.map(({ key }) => key),
      [
        `info:1:${at}`,
        `info:2:${Date.UTC(2025, 0, 2, 3, 4, 6)}`,
        `info:3:${Date.UTC(2025, 0, 2, 3, 4, 7)}`,
        'line:h12',
      ],
    );
    assert.partialDeepStrictEqual(rows, [
      {
        status: 'completed',
        path: '/m/A\tB.mkv',
        size: 1000,
        retryCount: 2,
        createdAt: at,
        link: 'https://host/a.mkv',
      },
      {
        status: 'failed',
        link: 'http://u:p@host/b.mkv',
        name: 'B (2020)',
        error: "line one\nline two \\ 'x'",
        retryCount: 3,
        metadata: { status: 'failed', playlist: { content_type: 'movies' } },
      },
      { status: 'pending', link: null },
      { status: 'completed', link: 'http://host/d.mkv', name: 'D' },
    ]);
    assert.doesNotMatch(JSON.stringify(rows.map(({ metadata }) => metadata)), /u:p@/);
    assert.equal(all.filter((one) => 'leftOut' in one).length, 1);
  });
}

test('in a damaged dump every row that is whole comes in, and the others are told with their lines', () => {
  const cut = found((head + table + copied).replace('3\tdownloading\t', '3\t'));
  assert.deepEqual(wrongIn(cut), [[26, 'the row of download_info has 7 values where 8 belong']]);
  assert.equal(rowsIn(cut).length, 3);

  const withoutEnd = found((head + table + copied).replaceAll('\n\\.\n', '\n'));
  assert.equal(rowsIn(withoutEnd).length, 4);
  assert.ok(wrongIn(withoutEnd).some(([, wrong]) => wrong === 'the rows of download_info break off'));

  const unclosed = found((head + table + inserted).replace("NULL, '2025-01-02 03:04:05.678901'", "'NULL, '2025"));
  assert.equal(rowsIn(unclosed).length, 3);
  assert.equal(wrongIn(unclosed).length, 1);

  const text = head + table + inserted;
  const ended = found(text.slice(0, text.indexOf('line two')));
  assert.deepEqual([rowsIn(ended).length, wrongIn(ended)], [1, [[20, 'the file ends in the middle of a row']]]);
  assert.deepEqual(wrongIn(found(head)), [[null, 'the dump has no row of download_info or processed_lines']]);
});

test('whatever a text holds comes back out of a dump as it was', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\t', '\n', '\\', "'", ',', ')', ';', '\r', 'N'),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(
      fc.array(fc.option(text.filter((value) => value.trim() !== '')), { minLength: 1, maxLength: 4 }),
      (errors) => {
        const copy = errors.map((error, id) => `${id}\tfailed\t${error === null ? '\\N' : copyText(error)}\n`).join('');
        const insert = errors
          .map(
            (error, id) =>
              `INSERT INTO download_info (id, status, error_message) VALUES (${id}, 'failed', ${error === null ? 'NULL' : `'${error.replaceAll("'", "''")}'`});\n`,
          )
          .join('');
        for (const body of [`COPY download_info (id, status, error_message) FROM stdin;\n${copy}\\.\n`, insert]) {
          // A carriage return before a line feed is an end of line in any file.
          const same = (value: string | null) => value?.replace(/\r+\n/g, '\n') ?? null;
          assert.deepEqual(
            rowsIn(found(head + body)).map(({ error }) => same(error)),
            errors.map(same),
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});

function copyText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

test('a dump with any damage gives answers, the same ones in any pieces', () => {
  const whole = fc.constantFrom(head + table + copied, head + table + inserted);
  const damage = fc.record({ at: fc.nat(), length: fc.nat({ max: 60 }), other: fc.string({ maxLength: 6 }) });
  fc.assert(
    fc.property(whole, fc.array(damage, { maxLength: 4 }), fc.nat(), (text, all, cut) => {
      const body = all.reduce((given, { at, length, other }) => {
        const from = head.length + (at % (given.length - head.length));
        return given.slice(0, from) + other + given.slice(from + length);
      }, text);
      const at = cut % body.length;
      assert.deepEqual(found(body, [body.slice(0, at), body.slice(at)]), found(body));
    }),
    { numRuns: 500 },
  );
});

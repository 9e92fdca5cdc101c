import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openPlaces, parsePlaces } from './places.ts';

test('a folder is remembered once, by whichever process adds it', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-places-'));
  t.after(() => rm(home, { recursive: true }));
  const path = join(home, 'longhaul.db');
  const one = openPlaces(path);
  const two = openPlaces(path);
  assert.deepEqual(one.known(), []);
  one.add('/a');
  two.add('/b\nwith a line break');
  one.add('/a');
  two.add('/a');
  assert.deepEqual(one.known(), ['/a', '/b\nwith a line break']);
});

test('a torn line costs itself alone', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-places-'));
  t.after(() => rm(home, { recursive: true }));
  await writeFile(join(home, 'places.jsonl'), '"/a"\n"/tor');
  const places = openPlaces(join(home, 'longhaul.db'));
  places.add('/b');
  assert.deepEqual(places.known(), ['/a', '/b']);
});

test('whatever the file holds, reading it gives only strings and never throws', () => {
  const lines = fc.array(
    fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((text) => JSON.stringify(text)),
    ),
  );
  fc.assert(
    fc.property(lines, (texts) => {
      for (const place of parsePlaces(texts.join('\n'))) assert.ok(typeof place === 'string' && place !== '');
    }),
  );
});

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { downloadSchema, shownSchema } from '../../src/contract/schemas.ts';
import { durationOfFile } from '../support/media.ts';
import { needs } from '../support/needs.ts';
import { placeTells, untilKnown } from '../support/place-store.ts';
import { longhaul, run } from '../support/program.ts';
import { type WholeWay, wholeWay } from '../support/whole-way.ts';

const seconds = 400;

/** The same command, which goes on where the last one was. */
const get = ({ place, link, steps }: WholeWay) =>
  longhaul(['get', link, '--json', ...steps.flatMap((step) => ['--then', step])], place);

test(
  'killed while it downloads, converts and uploads it goes on there each time, and uploads once',
  needs('ffmpeg'),
  async (context) => {
    const way = await wholeWay(context, seconds);
    const { place, mega, catbox } = way;

    mega.faults.stallAfter = Math.floor(way.size / 2);
    let program = get(way);
    await untilKnown(place, 1);
    program.kill('SIGKILL');
    await program.ended;
    const before = mega.asked.length;
    mega.faults.stallAfter = 0;

    program = get(way);
    await placeTells(place, async (store) =>
      (await store.steps(1)).find(({ kind, status }) => kind === 'convert' && status === 'running'),
    );
    program.kill('SIGKILL');
    await program.ended;
    const fetched = mega.asked.slice(before).reduce((sum, [from, to]) => sum + to + 1 - from, 0);
    assert.ok(fetched < way.size, `${fetched} of ${way.size} were fetched by the second process`);
    const asked = mega.asked.length;

    catbox.faults.standsStillAfter = 300_000;
    const taken = catbox.untilTaken(300_000);
    program = get(way);
    await taken;
    program.kill('SIGKILL');
    await program.ended;
    catbox.faults.standsStillAfter = Number.POSITIVE_INFINITY;

    const end = await get(way).ended;
    assert.equal(end.code, 0, end.stderr);
    const { id, resultLink, path } = downloadSchema.parse(JSON.parse(end.stdout));
    assert.deepEqual([...catbox.files.keys()], [resultLink], 'it was uploaded once');
    assert.equal(mega.asked.length, asked, 'nothing was downloaded again');
    assert.ok(Math.abs(durationOfFile(join(place.cwd, 'film_128kbps.m4a')) - seconds * 1000) < seconds * 10);
    assert.deepEqual((await readdir(place.cwd)).toSorted(), ['film.mp4', 'film_128kbps.m4a', 'home']);
    assert.equal(path, join(place.cwd, 'film_128kbps.m4a'));
    const shown = shownSchema.parse(JSON.parse((await run(['show', String(id), '--json'], place)).stdout));
    assert.deepEqual(
      shown.steps.map(({ kind, status, tries }) => [kind, status, tries]),
      [
        ['convert', 'completed', 2],
        ['upload', 'completed', 2],
      ],
    );
  },
);

test(
  'killed after the last byte of an upload it is sent twice at most, and the row says so',
  needs('ffmpeg'),
  async (context) => {
    const way = await wholeWay(context, 30);
    const { catbox } = way;
    catbox.faults.keepsWithoutAnswer = 1;
    const kept = catbox.untilKept();
    let program = get(way);
    await kept;
    program.kill('SIGKILL');
    await program.ended;
    program = get(way);
    const end = await program.ended;
    assert.equal(end.code, 0, end.stderr);
    const { id, resultLink } = downloadSchema.parse(JSON.parse(end.stdout));
    assert.equal(catbox.files.size, 2, 'nobody can ask an anonymous host');
    assert.ok(resultLink !== null && catbox.files.has(resultLink));
    const shown = await run(['show', String(id)], way.place);
    assert.match(shown.stdout, /may be there twice/);
  },
);

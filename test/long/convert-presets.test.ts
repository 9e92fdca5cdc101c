import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { convertStage, convertWith, fileAt } from '../support/convert-stage.ts';
import { makeMedia } from '../support/media.ts';
import { needs } from '../support/needs.ts';
import { stepBench } from '../support/step-run.ts';

test('every preset makes what its name says', needs('ffmpeg', 'ffprobe'), async (t) => {
  const { folder, work } = await convertStage(t);
  const film = makeMedia(folder, 'film.mkv', { video: 2, audio: 2 });
  const kind = convertWith({
    convert: { presets: { small: { arguments: ['-vn', '-c:a', 'aac', '-t', '1'], extension: 'm4a' } } },
  });
  for (const [options, name] of [
    ['mp3', 'film_192kbps.mp3'],
    ['opus', 'film_96kbps.opus'],
    ['flac', 'film.flac'],
    ['mp4', 'film.mp4'],
    ['remux', 'film.mp4'],
    ['remux-mkv', 'film.mkv'],
    ['thumbnail', 'film.jpg'],
    ['small', 'film.m4a'],
  ] as const) {
    const { files } = await stepBench().run(kind.make(options), { files: [fileAt(film)], directory: folder, work });
    assert.deepEqual(
      files?.map(({ path }) => path),
      [join(work, name)],
      options,
    );
    assert.ok((files?.[0]?.size ?? 0) > 500, options);
  }
});

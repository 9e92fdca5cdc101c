import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { recordingKind } from '../../test/support/recording-step.ts';
import { loadConfig } from '../config/config.ts';
import { realDisk } from '../disk/real-disk.ts';
import { Failure } from '../downloads/failure.ts';
import { silentLog } from '../log/log.ts';
import { systemClock } from '../time/clock.ts';
import { loadStepKinds } from './kinds.ts';
import { readSpec, stepRegistry } from './registry.ts';

test('what stands after the first = are the options of the step, whatever they contain', () => {
  assert.deepEqual(readSpec('convert=aac:128'), { kind: 'convert', options: 'aac:128' });
  assert.deepEqual(readSpec('checksum'), { kind: 'checksum', options: '' });
  assert.deepEqual(readSpec('upload=rclone:r:a=b'), { kind: 'upload', options: 'rclone:r:a=b' });
});

test('every kind has a name of its own and makes a step of its own example', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-steps-'));
  t.after(() => rm(home, { recursive: true }));
  const file = join(home, 'own.yaml');
  await writeFile(
    file,
    'notify: { phone: { kind: ntfy, url: "https://ntfy.sh", topic: x } }\ncommands: { scan: { run: [scan, "{path}"] } }\n',
  );
  const { config } = await loadConfig({ env: { LONGHAUL_HOME: home }, cwd: home, flags: { file } });
  const kinds = await loadStepKinds({ config, clock: systemClock, disk: realDisk, log: silentLog });
  assert.equal(new Set(kinds.map(({ kind }) => kind)).size, kinds.length);
  const steps = stepRegistry(kinds);
  for (const { kind, example } of kinds) assert.equal(steps.make(readSpec(example)).kind, kind);
});

test('any text is a step or a clear refusal', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const { kind, options } = readSpec(text);
        assert.match(kind, /^[a-z][a-z0-9-]*$/);
        assert.ok(text.includes(kind) && text.includes(options));
      } catch (error) {
        assert.ok(error instanceof Failure && error.class === 'link');
      }
    }),
  );
});

test('a step that there is not is refused with the one that was meant, or with those there are', () => {
  const steps = stepRegistry([recordingKind]);
  assert.throws(() => steps.make({ kind: 'recrd', options: '' }), {
    message: 'there is no step named "recrd"; did you mean record?',
  });
  assert.throws(() => steps.make({ kind: 'bake', options: '' }), {
    message: 'there is no step named "bake"; there are record',
  });
});

test('a step is made by its kind from its options, and told what was delivered', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-steps-'));
  t.after(() => rm(folder, { recursive: true }));
  const journal = join(folder, 'journal');
  const marks: unknown[] = [];
  const result = await stepRegistry([recordingKind])
    .make({ kind: 'record', options: journal })
    .run(
      {
        uid: 'u',
        name: 'film.mkv',
        category: undefined,
        metadata: {},
        link: 'https://host/film.mkv',
        files: [{ path: '/d/film.mkv', size: 1, main: true }],
        resultLink: undefined,
        directory: folder,
        work: folder,
      },
      undefined,
      { progress: () => {}, mark: async (mark) => void marks.push(mark), note: () => {} },
      new AbortController().signal,
    );
  assert.deepEqual(marks, [{ begun: true }]);
  assert.equal(await readFile(journal, 'utf8'), 'run null film.mkv\ndone\n');
  assert.equal(await readFile(result.files?.[0]?.path ?? '', 'utf8'), 'film.mkv');
});

import { stat, writeFile } from 'node:fs/promises';
import { defaults } from '../../src/config/defaults.ts';
import { realDisk } from '../../src/disk/real-disk.ts';
import { uploadKind } from '../../src/steps/upload/upload-step.ts';
import { systemClock } from '../../src/time/clock.ts';

/** What `rows/upload.ts` measures, in a process of its own: `upload.ts URL FILE FIGURE` puts a file, and writes the seconds it took. */
const [, , url = '', path = '', figure = ''] = process.argv;
const upload = { ...defaults.upload, hosts: { http: { url } } };
const step = uploadKind({
  config: { http: defaults.http, hosts: {}, upload },
  clock: systemClock,
  disk: realDisk,
}).make('http');
const { size } = await stat(path);
const began = systemClock.monotonic();
await step.run(
  {
    uid: 'bench',
    name: 'file.bin',
    category: undefined,
    metadata: {},
    link: '',
    files: [{ path, size, main: true }],
    resultLink: undefined,
    directory: '/',
    work: '/',
  },
  undefined,
  { progress: () => {}, mark: async () => {}, note: () => {} },
  new AbortController().signal,
);
await writeFile(figure, String((systemClock.monotonic() - began) / 1000));

import type { Verb } from './verb.ts';

export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<Verb>;
}

/** Every verb, in the order of `longhaul --help`. A verb's file is loaded when it is asked for. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'get',
    summary: 'download links now and wait for them',
    group: 'Download:',
    load: async () => (await import('./verbs/get.ts')).get,
  },
  {
    name: 'add',
    summary: 'add links for whoever is running',
    group: 'Download:',
    load: async () => (await import('./verbs/add.ts')).add,
  },
  {
    name: 'resume-downloads',
    summary: 'finish everything that was begun and has nobody working on it',
    group: 'Download:',
    load: async () => (await import('./verbs/resume-downloads.ts')).resumeDownloads,
  },
  {
    name: 'serve',
    summary: 'run everything that is added, until told to end',
    group: 'Download:',
    load: async () => (await import('./verbs/serve.ts')).serve,
  },
  {
    name: 'run',
    summary: 'do something with files that are here, as --then does with downloads',
    group: 'Files:',
    load: async () => (await import('./verbs/run.ts')).run,
  },
  {
    name: 'convert',
    summary: 'convert files that are here',
    group: 'Files:',
    load: async () => (await import('./verbs/convert.ts')).convert,
  },
  {
    name: 'upload',
    summary: 'upload files that are here, and print their addresses',
    group: 'Files:',
    load: async () => (await import('./verbs/upload.ts')).upload,
  },
  {
    name: 'list',
    summary: 'list downloads, newest first',
    group: 'Look:',
    load: async () => (await import('./verbs/list.ts')).list,
  },
  {
    name: 'show',
    summary: 'tell everything about a download, and why it is where it is',
    group: 'Look:',
    load: async () => (await import('./verbs/show.ts')).show,
  },
  {
    name: 'history',
    summary: 'tell what was downloaded, with statistics',
    group: 'Look:',
    load: async () => (await import('./verbs/history.ts')).history,
  },
  {
    name: 'stats',
    summary: 'tell figures: by state, source, category and day, bytes, speeds, retries',
    group: 'Look:',
    load: async () => (await import('./verbs/stats.ts')).stats,
  },
  {
    name: 'verify',
    summary: 'look whether delivered files are still what was delivered',
    group: 'Look:',
    load: async () => (await import('./verbs/verify.ts')).verify,
  },
  {
    name: 'pause',
    summary: 'stop downloads until they are resumed',
    group: 'Steer:',
    load: async () => (await import('./verbs/pause.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'let paused downloads go on',
    group: 'Steer:',
    load: async () => (await import('./verbs/resume.ts')).resume,
  },
  {
    name: 'retry',
    summary: 'try failed or cancelled downloads again, or waiting ones at once',
    group: 'Steer:',
    load: async () => (await import('./verbs/retry.ts')).retry,
  },
  {
    name: 'limit',
    summary: 'change how fast downloads may be, also while they run',
    group: 'Steer:',
    load: async () => (await import('./verbs/limit.ts')).limit,
  },
  {
    name: 'set',
    summary: 'change priority, category and limit of downloads',
    group: 'Steer:',
    load: async () => (await import('./verbs/set.ts')).set,
  },
  {
    name: 'move',
    summary: 'change the order of what waits',
    group: 'Steer:',
    load: async () => (await import('./verbs/move.ts')).move,
  },
  {
    name: 'cancel',
    summary: 'give downloads up',
    group: 'Steer:',
    load: async () => (await import('./verbs/cancel.ts')).cancel,
  },
  {
    name: 'remove',
    summary: 'forget downloads',
    group: 'Steer:',
    load: async () => (await import('./verbs/remove.ts')).remove,
  },
  {
    name: 'tidy',
    summary: 'delete what retention and age say, and rests that nobody claims',
    group: 'Steer:',
    load: async () => (await import('./verbs/tidy.ts')).tidy,
  },
  {
    name: 'import',
    summary: 'take over what another program has downloaded or begun',
    group: 'Set up:',
    load: async () => (await import('./verbs/import.ts')).importVerb,
  },
  {
    name: 'export',
    summary: 'write all downloads as JSON, to be imported elsewhere, or as CSV',
    group: 'Set up:',
    load: async () => (await import('./verbs/export.ts')).exportVerb,
  },
  {
    name: 'doctor',
    summary: 'check database, disk, clock, configuration',
    group: 'Set up:',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  {
    name: 'config',
    summary: 'check or show the configuration, or say where it lies',
    group: 'Set up:',
    load: async () => (await import('./verbs/config.ts')).config,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: 'Set up:',
    load: async () => (await import('./verbs/completion.ts')).completion,
  },
];

import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Config } from '../config/config.ts';
import { environment, variable } from '../config/environment.ts';
import { Failure } from '../downloads/failure.ts';

/** Absolute paths of the two programs. */
export interface FfmpegPrograms {
  readonly ffmpeg: string;
  readonly ffprobe: string;
}

const install =
  'install it (Debian and Ubuntu: apt install ffmpeg; macOS: brew install ffmpeg; Windows: winget install ffmpeg), or name it in the configuration';

/** Where ffmpeg and ffprobe stand: as configured, else in PATH. Throws `Failure('program')` that says how to install them. */
export async function findPrograms(config: Config['ffmpeg']): Promise<FfmpegPrograms> {
  const [ffmpeg, ffprobe] = await Promise.all([
    find('ffmpeg', config.program, 'ffmpeg.program'),
    find('ffprobe', config.probe, 'ffmpeg.probe'),
  ]);
  return { ffmpeg, ffprobe };
}

async function find(name: string, configured: string | undefined, key: string): Promise<string> {
  const wanted = configured ?? name;
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  const folders = isAbsolute(wanted) ? [''] : (variable(environment(), 'PATH') ?? '').split(delimiter);
  for (const path of folders.flatMap((folder) => endings.map((ending) => join(folder, wanted + ending)))) {
    if (isAbsolute(path) && (await isExecutable(path))) return path;
  }
  const why = configured === undefined ? `${name} is not installed` : `${wanted} (${key}) cannot be run`;
  throw new Failure('program', `${why}: ${install} (${key})`);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What a called program sees of the environment: nothing of ours, no secrets. */
export const programEnvironment: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  AV_LOG_FORCE_NOCOLOR: '1',
  ...(process.platform === 'win32' ? { SystemRoot: String.raw`C:\Windows` } : {}),
};

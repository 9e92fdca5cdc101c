import { isAbsolute, join, relative, sep } from 'node:path';
import { digestOf } from '../disk/copy-file.ts';
import { onDisk } from '../disk/disk-failure.ts';
import { Failure } from '../downloads/failure.ts';
import type { StepParts } from './parts.ts';
import type { Step, StepKind } from './step.ts';

const algorithms = ['sha256', 'sha512', 'sha1', 'md5'] as const;
type Algorithm = (typeof algorithms)[number];

/** `checksum` or `checksum=sha512`: `NAME.sha256` beside what was delivered, as `sha256sum -c` reads it. */
export function checksumKind(parts: Pick<StepParts, 'config' | 'disk'>): StepKind {
  return {
    kind: 'checksum',
    example: 'checksum=sha256',
    make(options) {
      const algorithm = algorithms.find((one) => one === (options === '' ? 'sha256' : options.toLowerCase()));
      if (algorithm) return checksumStep(parts, algorithm);
      throw new Failure('link', `there is no checksum "${options}"; there are ${algorithms.join(', ')}`);
    },
  };
}

function checksumStep({ config, disk }: Pick<StepParts, 'config' | 'disk'>, algorithm: Algorithm): Step {
  return {
    kind: 'checksum',
    async run(context, _mark, report, signal) {
      const total = context.files.reduce((sum, { size }) => sum + size, 0);
      let current = 0;
      const tell = (bytes: number) => {
        current += bytes;
        report.progress({ current: Math.min(current, total), total, unit: 'bytes' });
      };
      const lines: string[] = [];
      for (const { path } of context.files) {
        const digest = await onDisk(path, () => digestOf(disk, path, algorithm, tell, signal));
        lines.push(checksumLine(digest, nameFrom(context.directory, path)));
      }
      const path = join(context.work, `${context.name}.${algorithm}`);
      const text = lines.join('');
      await onDisk(path, () => disk.writeText(path, text, Number.parseInt(config.downloads.file_mode, 8)));
      return { files: [...context.files, { path, size: Buffer.byteLength(text), main: false }] };
    },
  };
}

/**
 * One line as `sha256sum` writes it: a name with a backslash or a line break is escaped and the line begins with a
 * backslash (coreutils manual, "md5 invocation"). Pure.
 */
export function checksumLine(digest: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${digest}  ${escaped}\n`;
}

/** As seen from the folder in which the list lies. */
function nameFrom(folder: string, path: string): string {
  const name = relative(folder, path);
  if (isAbsolute(name) || name === '..' || name.startsWith(`..${sep}`)) return path;
  return sep === '/' ? name : name.replaceAll(sep, '/');
}

import { spawn } from 'node:child_process';
import { Failure } from '../../downloads/failure.ts';
import type { Clock } from '../../time/clock.ts';
import { mustBeAsSent, placeOf, quietRun } from './deleting.ts';
import type { HostRun, OutgoingFile, TakenFile, Uploaded, UploadHost } from './host.ts';
import { LineReader } from './lines.ts';
import { filledIn } from './link.ts';
import { markOf } from './marks.ts';
import { underFreeName } from './names.ts';
import { Refused, wordsOf } from './refusal.ts';

export interface RcloneSettings {
  readonly name: string;
  readonly mostBytes: number;
  /** `REMOTE:PATH`. */
  readonly remote: string;
  readonly program: string;
  readonly configFile: string | undefined;
  /** Bytes/s. */
  readonly rate: number | 'off';
  /** ms */
  readonly idleTimeout: number;
  readonly answerTimeout: number;
  readonly link: string | undefined;
  /** What the program is started with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Exit codes of rclone: a folder, or a file, that is not there; a trouble that may pass. */
const notThere = new Set([3, 4]);
const passing = new Set([5]);
/** Longest lines of its output that are read, characters. */
const mostLine = 1 << 20;

/**
 * Whatever rclone can reach, with Debian's or any other rclone from 1.58 on as a process of its own. It compares what
 * arrived with what was sent where the remote has digests; sizes are compared in any case.
 */
export function rcloneHost(clock: Clock, settings: RcloneSettings): UploadHost {
  return {
    name: settings.name,
    mostBytes: settings.mostBytes,
    put: (file, run) => new Rclone(clock, settings, run).put(file),
    delete: (file, signal) => new Rclone(clock, settings, quietRun(signal)).delete(file),
  };
}

interface Found {
  readonly size: number;
  readonly digests: Readonly<Record<string, unknown>>;
}

class Rclone {
  readonly #clock: Clock;
  readonly #settings: RcloneSettings;
  readonly #run: HostRun;

  constructor(clock: Clock, settings: RcloneSettings, run: HostRun) {
    this.#clock = clock;
    this.#settings = settings;
    this.#run = run;
  }

  async put(file: OutgoingFile): Promise<Uploaded> {
    const { path } = markOf(this.#run.mark);
    if (path !== undefined) {
      const found = await this.#look(path, ['--hash']);
      if (found && (await this.#isSame(file, found))) return this.#uploaded(path);
      return this.#copy(file, path);
    }
    return underFreeName(file.name, async (free) => {
      if (await this.#look(free)) return undefined;
      await this.#run.keep({ path: free });
      return this.#copy(file, free);
    });
  }

  async delete(file: TakenFile): Promise<void> {
    const path = placeOf(file);
    const found = await this.#look(path);
    if (!found) return;
    mustBeAsSent(file, found.size);
    await this.#rclone(['deletefile', '--', this.#placeOf(path)]);
  }

  async #copy(file: OutgoingFile, path: string): Promise<Uploaded> {
    const { rate, idleTimeout } = this.#settings;
    const limit = rate === 'off' ? [] : ['--bwlimit', `${rate}B`];
    const told = ['--use-json-log', '--stats', '500ms', '--stats-log-level', 'NOTICE'];
    const patience = ['--retries', '1', '--timeout', `${idleTimeout}ms`];
    await this.#rclone(['copyto', ...told, ...patience, ...limit, '--', file.source.path, this.#placeOf(path)]);
    const found = await this.#look(path);
    if (found?.size !== file.source.size) {
      throw new Failure('network', 'rclone said that it was done, but not all of the file is there; it is sent anew');
    }
    await file.source.checkUnchanged();
    return this.#uploaded(path);
  }

  /** Undefined: nothing is there. */
  async #look(path: string, more: readonly string[] = []): Promise<Found | undefined> {
    const output = await this.#rclone(['lsjson', '--stat', ...more, '--', this.#placeOf(path)]).catch(
      (error: unknown) => {
        if (error instanceof NotThere) return undefined;
        throw error;
      },
    );
    return output === undefined ? undefined : foundIn(output);
  }

  async #isSame({ source }: OutgoingFile, { size, digests }: Found): Promise<boolean> {
    if (size !== source.size) return false;
    const algorithm = ['sha256', 'sha1', 'md5'].find(
      (name) => typeof digests[name] === 'string' && digests[name] !== '',
    );
    if (algorithm === undefined) return true;
    const own = await source.digest(algorithm, 0, source.size, this.#run.signal);
    return own.toString('hex') === String(digests[algorithm]).toLowerCase();
  }

  #placeOf(path: string): string {
    const { remote } = this.#settings;
    return `${remote}${/[:/]$/.test(remote) ? '' : '/'}${path}`;
  }

  #uploaded(path: string): Uploaded {
    const { link } = this.#settings;
    return { link: link === undefined ? this.#placeOf(path) : filledIn(link, path), path };
  }

  /** What it writes to its output. Its whole process group is ended when the signal is aborted, or it stands still. */
  #rclone(args: readonly string[]): Promise<string> {
    const { program, configFile, environment, answerTimeout } = this.#settings;
    const { signal } = this.#run;
    const config = configFile === undefined ? [] : ['--config', configFile];
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const child = spawn(program, [...config, '--ask-password=false', ...args], {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
      });
      const told = new Told(this.#run.sent);
      let output = '';
      let ended: unknown;
      let bytes = -1;
      let cancel = (): void => {};
      const end = (reason: unknown): void => {
        ended ??= reason;
        endGroup(child.pid);
      };
      const watch = (): void => {
        cancel();
        cancel = this.#clock.after(answerTimeout, () =>
          end(new Failure('network', `rclone has not moved for ${answerTimeout / 1000} s`)),
        );
      };
      const aborted = (): void => end(signal.reason);
      signal.addEventListener('abort', aborted);
      watch();
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (output.length < mostLine) output += text;
      });
      const lines = new LineReader(mostLine, (line) => told.line(line));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        lines.push(text);
        if (told.bytes === bytes) return;
        bytes = told.bytes;
        watch();
      });
      const settle = (settled: () => void): void => {
        cancel();
        signal.removeEventListener('abort', aborted);
        settled();
      };
      child.once('error', (error) => settle(() => reject(notStarted(program, error))));
      child.once('close', (code) =>
        settle(() => {
          lines.end();
          if (ended !== undefined) reject(ended);
          else if (code === 0) resolve(output);
          else reject(told.failure(code));
        }),
      );
    });
  }
}

/** The answer says that nothing is there. */
class NotThere extends Refused {}

/** What rclone tells on its error output: JSON with figures and errors, and bare lines at its end. */
export class Told {
  bytes = 0;
  readonly #sent: (bytes: number) => void;
  #words = '';

  constructor(sent: (bytes: number) => void) {
    this.#sent = sent;
  }

  line(line: string): void {
    const told = recordIn(line);
    if (!told) {
      if (line.trim() !== '') this.#words = line.replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /, '');
      return;
    }
    const stats = recordOf(told.stats);
    if (typeof stats?.bytes === 'number' && stats.bytes >= 0) {
      this.bytes = stats.bytes;
      this.#sent(stats.bytes);
    }
    if (told.level === 'error' && typeof told.msg === 'string') this.#words = told.msg;
  }

  failure(code: number | null): Failure {
    const said = `rclone ended with ${code ?? 'a signal'} ("${wordsOf(this.#words, []) || 'nothing said'}")`;
    if (code !== null && notThere.has(code)) return new NotThere('refused', said);
    const isChanged = /source file is being updated/i.test(this.#words);
    if (isChanged) return new Failure('changed', `${said}; it is sent anew`);
    const isConfig = /didn't find section|config file|unknown (?:command|flag)|password/i.test(this.#words);
    if (isConfig) return new Refused('refused', `${said}; check its remote and its configuration with \`rclone lsd\``);
    return new Failure(code !== null && passing.has(code) ? 'server' : 'network', said);
  }
}

function notStarted(program: string, error: Error): Failure {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const text = isMissing
    ? `there is no program ${program}; install rclone (apt-get install rclone)`
    : `${program} cannot be started`;
  return new Refused('refused', text, { cause: error });
}

function foundIn(output: string): Found | undefined {
  const found = recordIn(output);
  if (!found || found.IsDir === true) return found ? { size: -1, digests: {} } : undefined;
  return { size: typeof found.Size === 'number' ? found.Size : -1, digests: recordOf(found.Hashes) ?? {} };
}

function recordIn(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return recordOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

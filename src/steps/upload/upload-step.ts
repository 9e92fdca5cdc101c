import { basename, relative, sep } from 'node:path';
import type { Config } from '../../config/config.ts';
import type { Disk } from '../../disk/disk.ts';
import type { Clock } from '../../time/clock.ts';
import type { Step, StepContext, StepFile, StepKind, StepReport, StepResult, TakenBack } from '../step.ts';
import { type ChainRun, toFirst } from './chain.ts';
import { RateLimits } from './client.ts';
import type { OutgoingFile, UploadHost } from './host.ts';
import { hostExample, type NamedHost, openHosts, readChain } from './hosts.ts';
import { UploadProgress } from './progress.ts';
import { SourceFile } from './source-file.ts';
import { type FileState, readState, type UploadState } from './state.ts';
import { giveUp, hasBegun, takeBack } from './taking-back.ts';

export interface UploadParts {
  readonly config: Pick<Config, 'http' | 'hosts' | 'upload'>;
  readonly clock: Clock;
  readonly disk: Disk;
}

/**
 * `upload=HOST,HOST`: every file goes to the first host that takes it. What each host needs to go on, or to look whether
 * the file is there, is stored before it is asked; what is there already is never sent again. The main file's address is
 * the result.
 */
export function uploadKind(parts: UploadParts): StepKind {
  const limits = new RateLimits(parts.config.upload.rate, parts.clock);
  return {
    kind: 'upload',
    example: hostExample,
    make(options) {
      const chain = readChain(options, parts.config.upload);
      return new UploadStep(parts, limits, chain);
    },
  };
}

class UploadStep implements Step {
  readonly kind = 'upload';
  readonly #parts: UploadParts;
  readonly #limits: RateLimits;
  readonly #chain: readonly NamedHost[];

  constructor(parts: UploadParts, limits: RateLimits, chain: readonly NamedHost[]) {
    this.#parts = parts;
    this.#limits = limits;
    this.#chain = chain;
  }

  giveUp(mark: unknown, signal: AbortSignal): Promise<unknown> {
    return giveUp({ parts: this.#parts, limits: this.#limits }, mark, signal);
  }

  hasBegun(mark: unknown): Promise<boolean> {
    return hasBegun({ parts: this.#parts, limits: this.#limits }, mark);
  }

  takeBack(mark: unknown, signal: AbortSignal): Promise<readonly TakenBack[]> {
    return takeBack({ parts: this.#parts, limits: this.#limits }, mark, signal);
  }

  async run(context: StepContext, mark: unknown, report: StepReport, signal: AbortSignal): Promise<StepResult> {
    const { hosts, close } = await openHosts(this.#chain, this.#parts, this.#limits);
    try {
      const total = context.files.reduce((sum, { size }) => sum + size, 0);
      const progress = new UploadProgress(report, total);
      const run = new UploadRun({ context, report, signal, hosts, progress, disk: this.#parts.disk }, readState(mark));
      for (const index of context.files.keys()) await run.file(index);
      return run.result();
    } finally {
      close();
    }
  }
}

interface RunParts {
  readonly context: StepContext;
  readonly report: StepReport;
  readonly signal: AbortSignal;
  readonly hosts: readonly UploadHost[];
  readonly progress: UploadProgress;
  readonly disk: Disk;
}

/** One run over all files; `state` is what is stored. */
class UploadRun {
  readonly #parts: RunParts;
  #state: UploadState;

  constructor(parts: RunParts, state: UploadState) {
    this.#parts = parts;
    this.#state = state;
  }

  async file(index: number): Promise<void> {
    const { context, progress, signal } = this.#parts;
    const file = context.files[index];
    if (!file) return;
    signal.throwIfAborted();
    const known = this.#state.files[index]?.done;
    if (known) return progress.taken(known.host, file.size);
    const source = await SourceFile.open(this.#parts.disk, file.path);
    try {
      await this.#send({ name: nameOf(context, file), id: `${context.uid}-${index}`, source }, index);
      progress.taken(this.#state.files[index]?.done?.host ?? '', file.size);
    } finally {
      await source.close();
    }
  }

  result(): StepResult {
    const { context, report } = this.#parts;
    const done = context.files.map((file, index) => ({ file, done: this.#state.files[index]?.done }));
    const main = done.find(({ file }) => file.main) ?? done[0];
    if (!main?.done) return {};
    if (done.length > 1)
      for (const { file, done: one } of done) report.note(`${nameOf(context, file)} is at ${one?.link}`);
    const notes = done.flatMap(({ done: one }) => (one?.note === undefined ? [] : [`${one.host}: ${one.note}`]));
    // Where a host that was left in the middle could have been asked, its mark is gone.
    const isLeft = Object.values(this.#state.files).some(({ marks }) => Object.keys(marks).length > 0);
    return {
      link: main.done.link,
      ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
      ...(isLeft ? { leftElsewhere: true } : {}),
    };
  }

  async #send(file: OutgoingFile, index: number): Promise<void> {
    const { report, signal, progress } = this.#parts;
    const { size, stamp } = file.source;
    await this.#forgetChanged(stamp, index);
    progress.sent(this.#inOrder(index)[0]?.name ?? '', 0, size);
    const run: ChainRun = {
      signal,
      markOf: (host) => this.#state.files[index]?.marks[host],
      keep: (host, mark) => this.#keepMark(index, stamp, host, mark),
      sent: (host, bytes) => progress.sent(host, bytes, size),
      passed: ({ message }) => report.note(message),
    };
    const taken = await toFirst(file, this.#inOrder(index), run);
    const { [taken.host]: _settled, ...others } = this.#state.files[index]?.marks ?? {};
    const done = { ...taken, id: file.id, size };
    await this.#keep(index, { stamp, marks: others, done });
    await this.#keep(index, { stamp, marks: await this.#givenUp(others), done });
  }

  /** The host that was at work last comes first. */
  #inOrder(index: number): readonly UploadHost[] {
    const { hosts } = this.#parts;
    const last = this.#state.files[index]?.last;
    return [...hosts.filter(({ name }) => name === last), ...hosts.filter(({ name }) => name !== last)];
  }

  /** Nothing of what was sent of another file is gone on with. */
  async #forgetChanged(stamp: string, index: number): Promise<void> {
    const state = this.#state.files[index];
    if (!state || state.stamp === stamp) return;
    await this.#givenUp(state.marks);
    await this.#keep(index, { stamp, marks: {} });
  }

  /** What other hosts were left with goes; the marks of those where that cannot be done now stay. */
  async #givenUp(marks: FileState['marks']): Promise<FileState['marks']> {
    const { hosts, signal } = this.#parts;
    const left: Record<string, unknown> = {};
    for (const [name, mark] of Object.entries(marks)) {
      const host = hosts.find((one) => one.name === name);
      await host?.giveUp?.(mark, signal).catch(() => {
        left[name] = mark;
      });
    }
    return left;
  }

  async #keepMark(index: number, stamp: string, host: string, mark: unknown): Promise<void> {
    const marks = this.#state.files[index]?.marks ?? {};
    await this.#keep(index, { stamp, marks: { ...marks, [host]: mark }, last: host });
  }

  async #keep(index: number, state: FileState): Promise<void> {
    const next: UploadState = { files: { ...this.#state.files, [index]: state } };
    await this.#parts.report.mark(next);
    this.#state = next;
  }
}

/** What a file is called there: its way below the folder of the download where there are several, otherwise its name. */
function nameOf({ directory, files }: StepContext, { path }: StepFile): string {
  const way = relative(directory, path).split(sep);
  return files.length > 1 && way[0] !== '..' && way[0] !== '' ? way.join('/') : basename(path);
}

import type { TakenFile } from './host.ts';

/** What is stored of an upload between its runs. */
export interface UploadState {
  readonly files: Readonly<Record<string, FileState>>;
}

export interface FileState {
  /** Of the file that the marks are about. */
  readonly stamp: string;
  /** What hosts kept of it, by their names. */
  readonly marks: Readonly<Record<string, unknown>>;
  /** The host that was at work last. */
  readonly last?: string;
  readonly done?: TakenFile & { readonly host: string; readonly note?: string };
}

/** Reads a mark back; what is not understood counts as never stored. Pure. */
export function readState(mark: unknown): UploadState {
  const files = recordOf(recordOf(mark).files);
  return { files: Object.fromEntries(Object.entries(files).map(([id, state]) => [id, fileState(recordOf(state))])) };
}

function fileState({ stamp, marks, last, done }: Readonly<Record<string, unknown>>): FileState {
  const { host, link, path, id, size, note } = recordOf(done);
  const isDone = typeof host === 'string' && typeof link === 'string' && typeof id === 'string';
  return {
    stamp: typeof stamp === 'string' ? stamp : '',
    marks: recordOf(marks),
    ...(typeof last === 'string' ? { last } : {}),
    ...(isDone && typeof size === 'number'
      ? {
          done: {
            ...{ host, link, id, size },
            ...(typeof path === 'string' ? { path } : {}),
            ...(typeof note === 'string' ? { note } : {}),
          },
        }
      : {}),
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

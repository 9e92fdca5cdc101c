import { Failure, type FailureClass, type Retry } from '../../downloads/failure.ts';
import type { LogFacts } from '../../log/log.ts';
import type {
  FetchRequest,
  FileRanges,
  Manifest,
  ResolveRequest,
  SeedRequest,
  TransferEnd,
  TransferLimits,
} from '../source.ts';
import { type Columns, isPacked, packed, unpackedInParts } from './packed.ts';

/** What the main thread asks of a thread that runs a source. `call` numbers what is answered. */
export type Order =
  | { readonly order: 'resolve'; readonly call: number; readonly request: ResolveRequest }
  | { readonly order: 'abandon'; readonly call: number }
  | {
      readonly order: 'fetch';
      readonly call: number;
      readonly request: PlainFetchRequest;
      readonly figures: SharedArrayBuffer;
    }
  | {
      readonly order: 'seed';
      readonly call: number;
      readonly request: PlainSeedRequest;
      readonly figures: SharedArrayBuffer;
    }
  | { readonly order: 'discard'; readonly manifest: Manifest }
  | { readonly order: 'flush'; readonly call: number; readonly transfer: number }
  | { readonly order: 'tune'; readonly transfer: number; readonly limits: TransferLimits }
  | { readonly order: 'nudge'; readonly transfer: number }
  | { readonly order: 'close'; readonly call: number; readonly transfer: number }
  | { readonly order: 'end'; readonly call: number };

/** What the thread says. */
export type Word =
  | {
      readonly word: 'answer';
      readonly call: number;
      readonly value: PlainAnswer;
    }
  | { readonly word: 'failure'; readonly call: number; readonly failure: PlainFailure }
  | { readonly word: 'note'; readonly transfer: number; readonly note: string }
  | {
      readonly word: 'log';
      readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
      readonly room: string;
      readonly facts: LogFacts;
      readonly message: string;
    };

/** A function does not cross threads: notes travel as words. Lists may be very long. */
export type PlainFetchRequest = Omit<FetchRequest, 'onNote' | 'targets'> & {
  readonly targets: FetchRequest['targets'] | Columns;
};
export type PlainSeedRequest = Omit<SeedRequest, 'files'> & { readonly files: SeedRequest['files'] | Columns };

/** What a call is answered with. */
export type Answer = Manifest | TransferEnd | readonly FileRanges[] | undefined;
type WithColumns<T extends { readonly files: unknown }> = Omit<T, 'files'> & { readonly files: T['files'] | Columns };
type PlainAnswer = WithColumns<Manifest> | WithColumns<TransferEnd> | readonly FileRanges[] | Columns | undefined;

/** How it goes to the other thread. */
export function plainAnswer(answer: Answer): PlainAnswer {
  if (answer === undefined) return undefined;
  if (!('files' in answer)) return packed(answer);
  return { ...answer, files: packed<object>(answer.files) } as PlainAnswer;
}

/** The answer again; of one with a long list a while later. */
export function answerFrom(plain: PlainAnswer): Answer | Promise<Answer> {
  if (plain === undefined) return undefined;
  if (isPacked(plain)) return unpackedInParts<FileRanges>(plain);
  if (!('files' in plain) || !isPacked(plain.files)) return plain as Answer;
  return unpackedInParts(plain.files).then((files) => ({ ...plain, files }) as Answer);
}

/** An error loses its class on the way; this is what is kept of a `Failure`. */
export interface PlainFailure {
  readonly class: FailureClass;
  readonly message: string;
  readonly retry: Retry;
  readonly file: number | undefined;
  readonly cause: string;
}

export function plainFailure(failure: Failure): PlainFailure {
  const { cause } = failure;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : cause === undefined ? '' : String(cause);
  return { class: failure.class, message: failure.message, retry: failure.retry, file: failure.file, cause: text };
}

export function failureFrom(plain: PlainFailure): Failure {
  return new Failure(plain.class, plain.message, {
    retry: plain.retry,
    file: plain.file,
    ...(plain.cause === '' ? {} : { cause: plain.cause }),
  });
}

/** Positions in the figures of one transfer, float64 each. Of a seeding `bytes` are those that were sent. */
export const figure = { bytes: 0, connections: 1, received: 2, media: 3, mediaTotal: 4 } as const;
export const figuresBytes = 5 * Float64Array.BYTES_PER_ELEMENT;

/** Nothing is left to do with such a transfer: the thread has closed it when it tells its end. */
export function isSynced({ files }: TransferEnd): boolean {
  return files.length > 0 && files.every(({ synced }) => synced !== undefined);
}

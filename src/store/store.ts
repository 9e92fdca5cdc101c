import type { AskingStore } from './asking-store.ts';
import type { DoingStore } from './doing-store.ts';
import type { SeedStore } from './seed-store.ts';
import type { StepStore } from './step-store.ts';
import type { TidyStore } from './tidy-store.ts';

export type {
  AskedWish,
  AskingStore,
  Figures,
  ImportedDownload,
  ImportOutcome,
  InstanceRow,
  ListFilter,
  NewDownload,
  Statistics,
} from './asking-store.ts';
export type { Change, Checkpoint, Claim, Delivered, DoingStore, Pulse } from './doing-store.ts';
export type { ManifestFacts, VerifiedFile } from './told-files.ts';

/**
 * Everything that is remembered, in domain words. Two wings meet here and nowhere else: one asks
 * (writes wishes, reads rows), the other does (claims rows, moves bytes).
 *
 * Promises: every operation is one transaction, with its events inside it (what takes very many files takes them in parts, `many-files.ts`); every write of the doing
 * wing is fenced by the lease it names and tells when that lease is lost; all times are handed in
 * (UTC epoch ms). Throws `StoreFailure` when the store cannot be used.
 */
export interface Store extends AskingStore, DoingStore, StepStore, TidyStore, SeedStore {
  /** `memory` when the real store could not be used; `server`: machines may share it. */
  readonly kind: 'file' | 'memory' | 'server';
  /** Calls back when somebody (any process) changed something; coalesced. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}

/** The store cannot be used: damaged beyond repair, locked, newer schema, no permission, disk full. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure';
  /** True when only space is missing. */
  readonly full: boolean;
  /** True when the database is not where it was any more: only opening anew helps. */
  readonly lost: boolean;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly full?: boolean; readonly lost?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.full = options.full ?? false;
    this.lost = options.lost ?? false;
  }
}

/** The state of the download does not allow what was asked; the message says why and what would. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

import type { RetentionReason } from './retention.ts';

/** One thing that keeping order did, or would do in a dry run. */
export type TidyAction =
  /** Delivered files were deleted by a rule; the row stays. */
  | {
      readonly kind: 'cleaned';
      readonly id: number;
      readonly paths: readonly string[];
      readonly bytes: number;
      readonly reason: RetentionReason;
    }
  /** A delivered file is not what was delivered any more: it is the user's now, and is left alone. */
  | { readonly kind: 'let go'; readonly id: number; readonly message: string }
  /** A rule asks for its deletion, and it is still sent to others: that waits. */
  | { readonly kind: 'seeded'; readonly id: number; readonly reason: RetentionReason }
  /** What a download that failed long ago had fetched was deleted. */
  | { readonly kind: 'gave up'; readonly id: number; readonly paths: readonly string[]; readonly bytes: number }
  /** What a step had begun elsewhere (an upload in parts), of a download that was given up, was removed there. */
  | { readonly kind: 'gave up elsewhere'; readonly id: number; readonly step: string }
  /** It could not be removed there; it is tried again next time. */
  | { readonly kind: 'left elsewhere'; readonly id: number; readonly message: string }
  /** The row of one that failed or was cancelled long ago was deleted. */
  | { readonly kind: 'forgot'; readonly id: number; readonly name: string | null }
  /** A partial of ours that no download claims. `kept`: it is only told of. */
  | {
      readonly kind: 'orphan';
      readonly path: string;
      readonly bytes: number;
      readonly whose: 'ended' | 'removed' | 'unknown';
      readonly kept: boolean;
    }
  /** Something could not be removed, or looked at; it is tried again next time. */
  | { readonly kind: 'left'; readonly path: string; readonly message: string };

export interface TidyReport {
  /** True: another process is at it, and nothing was done here. */
  readonly busy: boolean;
  readonly actions: readonly TidyAction[];
}

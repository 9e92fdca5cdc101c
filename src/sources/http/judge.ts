import type { ResponseHead } from '../../net/http1/response-head.ts';
import { rangeReply } from './content-range.ts';
import type { HttpToken } from './token.ts';
import { compareVersion } from './validators.ts';

/** What was asked, and of which partial. */
export interface Asked {
  /** Start of the `Range` that was sent; undefined: the whole file. */
  readonly from: number | undefined;
  /** The partial that is to go on; undefined: there is none, or it is given up. */
  readonly partial?: HttpToken;
  /** True when the bytes before the first gap are part of the answer, to be compared with the partial. */
  readonly overlap: boolean;
}

/** How far the bytes of an answer are known to belong to the partial. */
export type Proof = 'fresh' | 'validator' | 'overlap';

/** What to do with a successful answer, or with 304, 412 and 416. */
export type Verdict =
  /** Its body begins at `at` and may be joined to the partial (`fresh`: is the file). `ranges` false: there are none here. */
  | {
      readonly use: 'body';
      readonly at: number;
      readonly total: number | null;
      readonly proof: Proof;
      readonly ranges: boolean;
    }
  /** The body is a whole file, but not the rest of the partial: start over with it. */
  | { readonly use: 'fresh'; readonly total: number | null; readonly reason: string; readonly changed: boolean }
  /** Ask again: for the whole, for an overlap with the partial, or for the last byte of a partial that may be complete. */
  | {
      readonly use: 'again';
      readonly ask: 'whole' | 'overlap' | 'end';
      readonly reason: string;
      readonly changed: boolean;
    }
  /** Not an answer that carries a file. */
  | { readonly use: 'nothing' };

const changed = 'the file on the server is another one than before';
const noRanges = 'the server cannot continue in the middle';
const wrongRanges = "the server's ranges are wrong";

/** The resume table of transfer.md, for one answer. Pure. */
export function judge(asked: Asked, head: ResponseHead, encoded: boolean): Verdict {
  if (head.status === 206) return judgePart(asked, head, encoded);
  if (head.status === 200 || head.status === 203) return judgeWhole(asked, head, encoded);
  if (head.status === 416 && asked.from !== undefined) return judgeOutside(asked, head);
  if ((head.status === 304 || head.status === 412) && asked.from !== undefined) {
    return { use: 'again', ask: 'whole', reason: changed, changed: true };
  }
  return { use: 'nothing' };
}

/** 200: never appended. The same version only means that there are no ranges; then the beginning is passed over. */
function judgeWhole({ from, partial }: Asked, head: ResponseHead, encoded: boolean): Verdict {
  const total = encoded ? null : lengthOf(head);
  const ranges = from === undefined && !encoded && head.headers.get('accept-ranges')?.toLowerCase() !== 'none';
  if (!partial) return { use: 'body', at: 0, total, proof: 'fresh', ranges };
  const version = compareVersion(partial, head);
  const sameTotal = partial.total === null || total === null || partial.total === total;
  if (version === 'different' || !sameTotal) return { use: 'fresh', total, reason: changed, changed: true };
  if (version === 'same' && !encoded && total !== null) {
    return { use: 'body', at: 0, total, proof: 'validator', ranges: false };
  }
  return { use: 'fresh', total, reason: noRanges, changed: false };
}

/** 206: the range is parsed strictly, and total and version held against the partial, since servers ignore If-Range. */
function judgePart({ from, partial, overlap }: Asked, head: ResponseHead, encoded: boolean): Verdict {
  const reply = rangeReply(head.headers.get('content-range'));
  const length = lengthOf(head);
  const wrong: Verdict = { use: 'again', ask: 'whole', reason: wrongRanges, changed: false };
  if (reply.kind !== 'part' || encoded || (length !== null && length !== reply.to - reply.from)) {
    return from === undefined ? { use: 'nothing' } : wrong;
  }
  if (from === undefined || !partial) {
    const whole = reply.from === 0 && reply.total === reply.to;
    return whole ? { use: 'body', at: 0, total: reply.to, proof: 'fresh', ranges: true } : { use: 'nothing' };
  }
  if (reply.from > from) return wrong;
  const version = compareVersion(partial, head);
  const otherTotal = reply.total !== null && partial.total !== null && reply.total !== partial.total;
  if (otherTotal || version === 'different' || (partial.total !== null && reply.to > partial.total)) {
    return { use: 'again', ask: 'whole', reason: changed, changed: true };
  }
  const total = reply.total ?? partial.total;
  if (version === 'same') return { use: 'body', at: reply.from, total, proof: 'validator', ranges: true };
  if (reply.total === null || partial.total === null) {
    return { use: 'again', ask: 'whole', reason: 'nothing proves that the file is still the same', changed: false };
  }
  if (overlap) return { use: 'body', at: reply.from, total, proof: 'overlap', ranges: true };
  return { use: 'again', ask: 'overlap', reason: 'the server does not say which version this is', changed: false };
}

/** 416: perhaps the partial is complete, which its last byte will tell; otherwise the whole is asked for. */
function judgeOutside({ from, partial }: Asked, head: ResponseHead): Verdict {
  const reply = rangeReply(head.headers.get('content-range'));
  if (reply.kind === 'outside' && from !== undefined && reply.total === from && from > 0) {
    const known = partial?.total ?? from;
    if (known === from) return { use: 'again', ask: 'end', reason: 'the file may be complete', changed: false };
  }
  const other = reply.kind === 'outside' && partial?.total != null && reply.total !== partial.total;
  return { use: 'again', ask: 'whole', reason: other ? changed : wrongRanges, changed: other };
}

/** The announced length; null where the body says itself where it ends. */
function lengthOf(head: ResponseHead): number | null {
  if (head.headers.has('transfer-encoding')) return null;
  const [length] = head.headers.members('content-length');
  return length === undefined ? null : Number(length);
}

/** What a `Content-Range` says; `total` is null for `*`. Half-open, bytes. */
export type RangeReply =
  | { readonly kind: 'part'; readonly from: number; readonly to: number; readonly total: number | null }
  /** `bytes * /TOTAL`: what was asked lies outside. */
  | { readonly kind: 'outside'; readonly total: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong' };

const part = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i;
const outside = /^bytes \*\/(\d{1,16})$/i;

/** Reads `Content-Range` strictly (RFC 9110 section 14.4); anything impossible is `wrong`. Pure. */
export function rangeReply(value: string | undefined): RangeReply {
  if (value === undefined) return { kind: 'absent' };
  const unsatisfied = outside.exec(value);
  if (unsatisfied) {
    const total = Number(unsatisfied[1]);
    return Number.isSafeInteger(total) ? { kind: 'outside', total } : { kind: 'wrong' };
  }
  const match = part.exec(value);
  if (!match) return { kind: 'wrong' };
  const from = Number(match[1]);
  const to = Number(match[2]) + 1;
  const total = match[3] === '*' ? null : Number(match[3]);
  const possible =
    Number.isSafeInteger(to) && from < to && (total === null || (Number.isSafeInteger(total) && to <= total));
  return possible ? { kind: 'part', from, to, total } : { kind: 'wrong' };
}

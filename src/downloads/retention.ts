/** What is kept of what was delivered; a rule that is left out asks for nothing. */
export interface RetentionRules {
  /** Downloads. */
  readonly maxFiles?: number;
  readonly maxBytes?: number;
  /** Ms since the delivery. */
  readonly maxAge?: number;
}

/** Rules for all downloads together, and for categories that have rules of their own: these count alone then. */
export interface Retention {
  readonly rules: RetentionRules;
  readonly categories: ReadonlyMap<string, RetentionRules>;
}

/** A delivered download, as far as a rule looks at it. */
export interface Kept {
  readonly id: number;
  readonly category: string | null;
  /** Epoch ms. */
  readonly completedAt: number;
  readonly bytes: number;
}

/** The same of many: what all kept downloads of a category amount to. */
export interface KeptTotals {
  readonly category: string | null;
  readonly count: number;
  readonly bytes: number;
  /** When the oldest of them was delivered, epoch ms. */
  readonly oldest: number;
}

/** The rule that a download goes by, with its limit in the unit of the rule. */
export interface RetentionReason {
  readonly rule: 'max_files' | 'max_bytes' | 'max_age';
  readonly limit: number;
  readonly category?: string;
}

export interface ToClean {
  readonly id: number;
  readonly reason: RetentionReason;
}

/** A group of downloads for which the same rules count; `category` is left out for the one of all others. */
interface Group {
  readonly category?: string;
  readonly rules: RetentionRules;
}

/**
 * What is to be cleaned, oldest first. Pure: no rule is asked for more than it says, and by `max_bytes` the newest
 * download of a group is never cleaned, however large it is.
 */
export function planRetention(kept: readonly Kept[], retention: Retention, now: number): ToClean[] {
  const byGroup = new Map<Group, Kept[]>();
  const groups = groupsOf(retention);
  for (const download of kept) {
    const group = groups(download.category);
    const members = byGroup.get(group) ?? [];
    members.push(download);
    byGroup.set(group, members);
  }
  return [...byGroup].flatMap(([group, downloads]) => planGroup(group, downloads.toSorted(oldestFirst), now));
}

/** False: a plan would be empty. Needs only the totals, so that nothing is read where nothing is to be done. */
export function isOverdue(totals: readonly KeptTotals[], retention: Retention, now: number): boolean {
  const sums = new Map<Group, KeptTotals>();
  const groups = groupsOf(retention);
  for (const one of totals) {
    const group = groups(one.category);
    const other = sums.get(group) ?? { ...one, count: 0, bytes: 0 };
    sums.set(group, {
      category: one.category,
      count: other.count + one.count,
      bytes: other.bytes + one.bytes,
      oldest: Math.min(other.oldest, one.oldest),
    });
  }
  return [...sums].some(([{ rules }, { count, bytes, oldest }]) => {
    const { maxFiles = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, maxAge } = rules;
    return count > maxFiles || (bytes > maxBytes && count > 1) || (maxAge !== undefined && now - oldest > maxAge);
  });
}

/** False: no rule asks for anything. */
export function isAnyRule({ rules, categories }: Retention): boolean {
  const all = [rules, ...categories.values()];
  return all.some((one) => one.maxFiles !== undefined || one.maxBytes !== undefined || one.maxAge !== undefined);
}

function groupsOf({ rules, categories }: Retention): (category: string | null) => Group {
  const others: Group = { rules };
  const own = new Map([...categories].map(([category, of]) => [category, { category, rules: of }]));
  return (category) => (category === null ? others : (own.get(category) ?? others));
}

function planGroup({ category, rules }: Group, downloads: readonly Kept[], now: number): ToClean[] {
  const where = category === undefined ? {} : { category };
  const plan: ToClean[] = [];
  let count = downloads.length;
  let bytes = downloads.reduce((sum, download) => sum + download.bytes, 0);
  for (const download of downloads) {
    const over = overBy(rules, { count, bytes, age: now - download.completedAt });
    if (!over) continue;
    plan.push({ id: download.id, reason: { ...over, ...where } });
    count -= 1;
    bytes -= download.bytes;
  }
  return plan;
}

/** The rule that the oldest of so many breaks. */
function overBy(
  { maxFiles, maxBytes, maxAge }: RetentionRules,
  { count, bytes, age }: { readonly count: number; readonly bytes: number; readonly age: number },
): Omit<RetentionReason, 'category'> | undefined {
  if (maxAge !== undefined && age > maxAge) return { rule: 'max_age', limit: maxAge };
  if (maxFiles !== undefined && count > maxFiles) return { rule: 'max_files', limit: maxFiles };
  if (maxBytes !== undefined && bytes > maxBytes && count > 1) return { rule: 'max_bytes', limit: maxBytes };
  return undefined;
}

function oldestFirst(a: Kept, b: Kept): number {
  return a.completedAt - b.completedAt || a.id - b.id;
}

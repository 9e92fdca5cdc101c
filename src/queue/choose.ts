import type { SlotLimits } from '../config/slots.ts';
import type { Candidate, Leased, Turn } from '../store/queue-facts.ts';

export interface Limits extends SlotLimits {
  /** Downloads that may start now. */
  readonly free: number;
  /** And, beside them, so many whose bytes are in place and whose steps are left to do. */
  readonly freeSteps: number;
  /** Ids that run here already. */
  readonly running: ReadonlySet<number>;
  /** Hours in which nothing may be fetched: only what needs no fetching goes on. */
  readonly closed: boolean;
  /** How many run now, here and elsewhere. */
  readonly load: Load;
}

export interface Load {
  readonly hosts: ReadonlyMap<string, number>;
  /** `-`: what has no category. */
  readonly categories: ReadonlyMap<string, number>;
}

export interface Choice {
  readonly chosen: readonly Candidate[];
  /** Who was served last, for the next choice. */
  readonly turn: Turn;
}

/** A host in a category, with what waits there in its order. */
interface Group {
  readonly category: string;
  readonly host: string;
  readonly rows: Candidate[];
}

/**
 * Which of the candidates to start now. Pure. First what needs no fetching: it is only to be cleared away, or its
 * bytes are in place; where steps are left to do, as many as have a place for them. Of the rest the highest priority; in it, what a person put at the top; then
 * the category that has least at work, of it the host that has least, of equals the one that was not served for
 * longest (the candidates come in turns), and of the host its first. So no flood of one host or category holds up
 * the others.
 */
export function choose(candidates: readonly Candidate[], limits: Limits, turn: Turn): Choice {
  const waiting = candidates.filter(({ id }) => !limits.running.has(id));
  const there = waiting.filter((row) => row.inPlace && !isToClear(row));
  const first = [...waiting.filter(isToClear), ...there.filter(({ stepsLeft }) => !stepsLeft)];
  const chosen = first.slice(0, Math.max(0, limits.free));
  const atSteps = there.filter(({ stepsLeft }) => stepsLeft).toSorted(byRank);
  const fetched = limits.closed ? [] : waiting.filter((row) => !row.inPlace && !isToClear(row));
  const load = { hosts: new Map(limits.load.hosts), categories: new Map(limits.load.categories) };
  const served = { category: turn.category, hosts: new Map(turn.hosts) };
  for (const level of levelsOf(fetched)) {
    const groups = groupsOf(level.rows);
    while (chosen.length < limits.free) {
      const group = nextOf(groups, level.byHand, load, limits);
      const next = group?.rows.shift();
      if (!group || !next) break;
      chosen.push(next);
      add(load.hosts, group.host);
      add(load.categories, group.category);
      if (!level.byHand) served.category = group.category;
      if (!level.byHand) served.hosts.set(group.category, group.host);
    }
  }
  return { chosen: [...chosen, ...atSteps.slice(0, Math.max(0, limits.freeSteps))], turn: served };
}

/** What is fetched now, counted; bytes that are in place are no burden to a host. */
export function loadOf(leased: readonly Pick<Leased, 'host' | 'category' | 'status' | 'count'>[]): Load {
  const load = { hosts: new Map<string, number>(), categories: new Map<string, number>() };
  for (const { host, category, status, count } of leased) {
    if (status !== 'downloading') continue;
    add(load.hosts, host, count);
    add(load.categories, categoryName(category), count);
  }
  return load;
}

/** Hosts and categories of which no more may run. */
export function fullOf({ hosts, categories }: Load, limits: SlotLimits) {
  const full = (loads: ReadonlyMap<string, number>, most: (name: string) => number | undefined) =>
    new Set(
      [...loads].filter(([name, count]) => count >= (most(name) ?? Number.POSITIVE_INFINITY)).map(([name]) => name),
    );
  return { hosts: full(hosts, limits.ofHost), categories: full(categories, limits.ofCategory) };
}

/** As it is counted: `-` is none. */
function categoryName(category: string | null): string {
  return category ?? '-';
}

interface Level {
  readonly byHand: boolean;
  readonly rows: readonly Candidate[];
}

/** One priority after the other, the highest first; of each what a person put at the top before the rest. */
function levelsOf(rows: readonly Candidate[]): Level[] {
  const priorities = [...new Set(rows.map(({ priority }) => priority))].toSorted((a, b) => b - a);
  return priorities.flatMap((priority) =>
    [true, false].map((byHand) => ({
      byHand,
      rows: rows.filter((row) => row.priority === priority && row.position <= 0 === byHand),
    })),
  );
}

function groupsOf(rows: readonly Candidate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const category = categoryName(row.category);
    const key = `${category}\n${row.host}`;
    const group = groups.get(key) ?? { category, host: row.host, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  for (const { rows: own } of groups.values()) own.sort(inOrder);
  return [...groups.values()];
}

/** The group whose first is next; undefined when nothing is left that has room. */
function nextOf(groups: readonly Group[], byHand: boolean, load: Load, limits: Limits): Group | undefined {
  let best: Group | undefined;
  for (const group of groups) {
    const [first] = group.rows;
    if (!first || !hasRoom(group, first, load, limits)) continue;
    const [bestFirst] = best?.rows ?? [];
    if (!best || !bestFirst || (byHand ? inOrder(first, bestFirst) < 0 : isBehind(group, best, load))) best = group;
  }
  return best;
}

function hasRoom({ category, host }: Group, first: Candidate, load: Load, limits: Limits): boolean {
  const ofHost = limits.ofHost(host) ?? Number.POSITIVE_INFINITY;
  const ofCategory = limits.ofCategory(first.category) ?? Number.POSITIVE_INFINITY;
  return (load.hosts.get(host) ?? 0) < ofHost && (load.categories.get(category) ?? 0) < ofCategory;
}

/** Has less at work than the other. */
function isBehind(group: Group, other: Group, { hosts, categories }: Load): boolean {
  const more = (categories.get(group.category) ?? 0) - (categories.get(other.category) ?? 0);
  if (group.category !== other.category) return more < 0;
  return (hosts.get(group.host) ?? 0) < (hosts.get(other.host) ?? 0);
}

function inOrder(a: Candidate, b: Candidate): number {
  return a.position - b.position || a.id - b.id;
}

function byRank(a: Candidate, b: Candidate): number {
  return b.priority - a.priority || inOrder(a, b);
}

function isToClear({ wish }: Pick<Candidate, 'wish'>): boolean {
  return wish === 'cancel' || wish === 'remove';
}

function add(counts: Map<string, number>, name: string, count = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

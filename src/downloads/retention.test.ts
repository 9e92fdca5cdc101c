import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAnyRule, isOverdue, type Kept, type KeptTotals, planRetention, type Retention } from './retention.ts';

const now = 1_700_000_000_000;
const hour = 3_600_000;

/** Delivered one an hour, the first of them the oldest. */
function kept(...bytes: readonly number[]): Kept[] {
  return bytes.map((size, at) => ({
    id: at + 1,
    category: null,
    completedAt: now - (bytes.length - at) * hour,
    bytes: size,
  }));
}

const only = (rules: Retention['rules'], categories: [string, Retention['rules']][] = []): Retention => ({
  rules,
  categories: new Map(categories),
});
const ids = (downloads: readonly Kept[], retention: Retention) =>
  planRetention(downloads, retention, now).map(({ id }) => id);

test('without a rule nothing is ever cleaned', () => {
  assert.equal(isAnyRule(only({})), false);
  assert.deepEqual(ids(kept(1, 2, 3), only({})), []);
});

test('of more files than allowed the oldest go', () => {
  assert.deepEqual(ids(kept(1, 1, 1, 1, 1), only({ maxFiles: 3 })), [1, 2]);
  assert.deepEqual(ids(kept(1, 1, 1), only({ maxFiles: 3 })), []);
  const reason = { rule: 'max_files', limit: 1 } as const;
  assert.deepEqual(planRetention(kept(1, 1), only({ maxFiles: 1 }), now), [{ id: 1, reason }]);
});

test('of more bytes than allowed the oldest go until the rest fits, but never the newest', () => {
  assert.deepEqual(ids(kept(10, 10, 10), only({ maxBytes: 20 })), [1]);
  assert.deepEqual(ids(kept(10, 10, 10), only({ maxBytes: 19 })), [1, 2]);
  assert.deepEqual(ids(kept(10, 10, 100), only({ maxBytes: 50 })), [1, 2]);
});

test('what is older than allowed goes', () => {
  assert.deepEqual(ids(kept(1, 1, 1), only({ maxAge: 2 * hour })), [1]);
  assert.deepEqual(ids(kept(1, 1, 1), only({ maxAge: hour / 2 })), [1, 2, 3]);
});

test('a category with rules of its own counts alone, also when it has none', () => {
  const films = kept(1, 1, 1).map((one) => ({ ...one, id: one.id + 10, category: 'films' }));
  const all = [...kept(1, 1, 1), ...films];
  assert.deepEqual(ids(all, only({ maxFiles: 2 })), [1, 11, 2, 12]);
  assert.deepEqual(ids(all, only({ maxFiles: 2 }, [['films', { maxFiles: 1 }]])), [1, 11, 12]);
  assert.deepEqual(ids(all, only({ maxFiles: 2 }, [['films', {}]])), [1]);
});

const limit = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
const rules = fc
  .record({ maxFiles: limit(20), maxBytes: limit(500), maxAge: limit(50 * hour) })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
const downloads = fc
  .array(
    fc.record({
      category: fc.constantFrom(null, 'films', 'music'),
      completedAt: fc.integer({ min: now - 60 * hour, max: now }),
      bytes: fc.nat(100),
    }),
    { maxLength: 40 },
  )
  .map((given): Kept[] => given.map((one, at) => ({ ...one, id: at + 1 })));
const retention = fc
  .tuple(rules, fc.option(rules, { nil: undefined }))
  .map(([all, films]): Retention => only(all, films ? [['films', films]] : []));

/** The downloads for which the same rules count, oldest first. */
function groups(all: readonly Kept[], { rules: others, categories }: Retention) {
  const own = (one: Kept) => one.category !== null && categories.has(one.category);
  const sorted = all.toSorted((a, b) => a.completedAt - b.completedAt || a.id - b.id);
  return [
    { of: others, members: sorted.filter((one) => !own(one)) },
    ...[...categories].map(([name, of]) => ({ of, members: sorted.filter((one) => one.category === name) })),
  ];
}

const sum = (members: readonly Kept[]) => members.reduce((total, { bytes }) => total + bytes, 0);

test('whatever there is, the plan keeps every rule and asks for no file more than they do', () => {
  fc.assert(
    fc.property(downloads, retention, (all, asked) => {
      const plan = planRetention(all, asked, now);
      const cleaned = new Map(plan.map(({ id, reason }) => [id, reason]));
      assert.equal(cleaned.size, plan.length, 'each once');
      for (const { of, members } of groups(all, asked)) {
        const stays = members.filter(({ id }) => !cleaned.has(id));
        const goes = members.filter(({ id }) => cleaned.has(id));
        if (of.maxFiles !== undefined) assert.ok(stays.length <= of.maxFiles);
        if (of.maxBytes !== undefined && stays.length > 1) assert.ok(sum(stays) <= of.maxBytes);
        if (of.maxAge !== undefined) for (const { completedAt } of stays) assert.ok(now - completedAt <= of.maxAge);
        assert.deepEqual(goes, members.slice(0, goes.length), 'oldest first');
        for (const [at, one] of goes.entries()) {
          const before = members.slice(at);
          const asks =
            (of.maxFiles !== undefined && before.length > of.maxFiles) ||
            (of.maxBytes !== undefined && sum(before) > of.maxBytes && before.length > 1) ||
            (of.maxAge !== undefined && now - one.completedAt > of.maxAge);
          assert.ok(asks, `nothing asked for ${one.id}`);
        }
      }
    }),
  );
});

test('the totals alone tell whether anything is to be done', () => {
  fc.assert(
    fc.property(downloads, retention, (all, asked) => {
      const totals = new Map<string | null, KeptTotals>();
      for (const { category, bytes, completedAt } of all) {
        const so = totals.get(category) ?? { category, count: 0, bytes: 0, oldest: completedAt };
        const oldest = Math.min(so.oldest, completedAt);
        totals.set(category, { category, count: so.count + 1, bytes: so.bytes + bytes, oldest });
      }
      assert.equal(isOverdue([...totals.values()], asked, now), planRetention(all, asked, now).length > 0);
    }),
  );
});

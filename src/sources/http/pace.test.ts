import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { inTurn, type Script, startFaultServer } from '../../../test/support/fault-server.ts';
import { httpBench, patterned, untilBytes } from '../../../test/support/http-bench.ts';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { Failure } from '../../downloads/failure.ts';
import { TokenBucket } from '../../net/token-bucket.ts';
import { RateLimit } from './flow.ts';
import { Pace } from './pace.ts';

const limits = { idle: 60_000, slow: 1024, slowTime: 120_000 };

test('silence longer than the limit is idle, any byte starts it again', () => {
  const pace = new Pace(limits, 0);
  assert.equal(pace.look(0, 59_999), 'fine');
  assert.equal(pace.look(1, 60_000), 'fine');
  assert.equal(pace.look(1, 119_999), 'fine');
  assert.equal(pace.look(1, 120_000), 'idle');
});

test('a trickle below the limit is slow when its time is over', () => {
  const trickle = new Pace(limits, 0);
  const enough = new Pace(limits, 0);
  for (let second = 1; second < 120; second += 1) {
    assert.equal(trickle.look(second * 1000, second * 1000), 'fine');
    assert.equal(enough.look(second * 1100, second * 1000), 'fine');
  }
  assert.equal(trickle.look(120_000, 120_000), 'slow');
  assert.equal(enough.look(132_000, 120_000), 'fine');
});

test('a wait of our own is excused', () => {
  const pace = new Pace(limits, 0);
  pace.excuse(5, 600_000);
  assert.equal(pace.look(5, 659_999), 'fine');
  assert.equal(pace.look(5, 660_000), 'idle');
});

test('property: over any pattern of portions the bucket lets through its rate, and no more than a burst above', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1000, max: 1e8 }),
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 50 }),
      (rate, portions) => {
        let now = 0;
        const bucket = new TokenBucket(rate, now);
        let passed = 0;
        for (const portion of portions) {
          passed += portion;
          now += bucket.spend(portion, now);
          assert.ok(passed <= (rate * now) / 1000 + 1e-3 * rate, `${passed} bytes in ${now} ms`);
          assert.ok(passed >= (rate * now) / 1000 - 1e-3 * rate);
        }
      },
    ),
  );
});

test('unused allowance is not saved up beyond a burst', () => {
  const bucket = new TokenBucket(1000, 0);
  assert.equal(bucket.spend(100, 3_600_000), 0);
  assert.equal(Math.round(bucket.spend(1000, 3_600_000)), 1000);
});

test('property: however often the rate is changed, no more passes than the rates allowed together', () => {
  const change = fc.tuple(fc.integer({ min: 1000, max: 1e7 }), fc.array(fc.integer({ min: 1, max: 50_000 })));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 20 }), (changes) => {
      const limit = new TokenBucket(changes[0]?.[0] ?? 1000, 0);
      let [now, passed, allowed, owed] = [0, 0, 0, 0];
      for (const [rate, portions] of changes) {
        limit.set(rate, now);
        for (const portion of portions) {
          passed += portion;
          const wait = limit.spend(portion, now);
          now += wait;
          allowed += (rate * wait) / 1000;
          owed = Math.max(owed, 0.1 * rate);
          assert.ok(passed <= allowed + owed + 1);
        }
      }
    }),
  );
});

test('flows that share a limit share its portion, as long as they flow', () => {
  const limit = new RateLimit(manualClock());
  assert.equal(limit.portion, 0);
  limit.set(1_000_000);
  assert.equal(limit.portion, 50_000);
  const leave = Array.from({ length: 5 }, () => limit.join());
  assert.equal(limit.portion, 10_000);
  for (const one of [...leave, ...leave]) one();
  assert.equal(limit.portion, 50_000);
});

const bytes = patterned(500_000);

/** A bench whose clock moves by hand, and a server that answers by `script`. */
async function stalled(context: TestContext, script: Script, config = {}) {
  const clock = manualClock();
  const server = await startFaultServer({ body: bytes, script });
  context.after(() => server.close());
  const bench = await httpBench(context, config, { clock });
  return { clock, server, bench, link: `${server.url}/file.bin` };
}

const network = (text: RegExp) => (error: unknown) =>
  error instanceof Failure && error.class === 'network' && text.test(error.message);

test('a half-open connection is given up after the idle time, and the run goes on over a new one', async (context) => {
  const script = inTurn({ do: 'silence', after: 200_000 }, { do: 'serve' });
  const { clock, bench, link, server } = await stalled(context, script);
  const transfer = await bench.begin(link);
  await untilBytes(transfer, 200_000);
  await clock.advance(59_000);
  assert.equal(server.requests.length, 1);
  await clock.advance(3000);
  await transfer.done;
  await transfer.close();
  assert.ok(bytes.equals(await bench.content()));
  assert.match(bench.partial.notes[0] ?? '', /sent nothing for 60 s/);
});

test('a server that never goes on ends the run', async (context) => {
  const { clock, bench, link, server } = await stalled(context, () => ({ do: 'silence', after: 0 }));
  const transfer = await bench.begin(link);
  const end = assert.rejects(transfer.done, network(/sent nothing for 60 s/));
  await clock.advance(61_000);
  await server.untilRequests(2);
  while (transfer.progress().connections === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(61_000);
  await end;
  await transfer.close();
});

test('an answer whose head does not come is given up after its time', async (context) => {
  const { clock, bench, link, server } = await stalled(context, () => ({ do: 'slowHead' }));
  const end = assert.rejects(bench.resolve(link), network(/did not answer within 30 s/));
  await server.untilRequests(1);
  await clock.advance(30_000);
  await end;
});

test('an answer that is not fetched within 15 s is let go, and asked for again', async (context) => {
  const { clock, bench, link, server } = await stalled(context, () => ({ do: 'silence', after: 1000 }));
  const manifest = await bench.resolve(link);
  assert.equal(server.open, 1);
  await clock.advance(15_000);
  await server.untilLeft();
  server.script(() => ({ do: 'serve' }));
  const target = { position: 0, path: bench.partial.path, size: manifest.totalBytes, durable: [] };
  const transfer = bench.source.fetch({ manifest, targets: [target], options: {} });
  await transfer.done;
  await transfer.close();
  assert.equal(server.requests.length, 2);
});

test('a rate limit holds, can be lifted, and its waits are no stall', async (context) => {
  const { clock, bench, link } = await stalled(context, () => ({ do: 'serve' }), { idle_timeout: 2000 });
  const transfer = await bench.begin(link);
  transfer.tune({ rate: 10_000 });
  for (let second = 1; second <= 20; second += 1) {
    for (let part = 0; part < 20; part += 1) {
      await clock.untilWaiting(2);
      await clock.advance(50);
    }
    const { bytes: sofar } = transfer.progress();
    assert.ok(sofar <= second * 10_000 + 70_000, `${sofar} bytes in ${second} s`);
    assert.ok(sofar >= second * 9_500, `${sofar} bytes in ${second} s`);
  }
  transfer.tune({ rate: 0 });
  await transfer.done;
  await transfer.close();
  assert.ok(bytes.equals(await bench.content()));
});

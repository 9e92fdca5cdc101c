import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { defaults } from '../../config/defaults.ts';
import { Failure } from '../../downloads/failure.ts';
import type { BodySink } from '../../net/exchange.ts';
import type { Asker } from '../http/asker.ts';
import { exchange } from './exchange.ts';

const never = new AbortController().signal;
const patience = defaults.http.headers_timeout + defaults.http.idle_timeout;

/** A question whose answer comes by hand. */
async function asked() {
  const clock = manualClock();
  const reading = Promise.withResolvers<BodySink>();
  const answer = {
    head: { status: 200, headers: new Map<string, string>() },
    place: 'MEGA',
    read: reading.resolve,
    abandon() {},
  };
  const asker = { ask: async () => ({ exchange: answer }) } as unknown as Asker;
  const work = exchange(
    { config: defaults, asker, clock },
    { options: {}, signal: never },
    (code) => new Failure('server', `code ${code}`),
    (ask) => ({ answer: ask('http://mega/cs', { body: '[]' }).then((response) => response.text()), end() {} }),
  );
  work.catch(() => {});
  const sink = await reading.promise;
  const send = (text: string) => sink.bytes(Buffer.from(text), 0, text.length);
  return { clock, work, sink, send };
}

test('a list that is long in coming is waited for, however long it takes', async () => {
  const { clock, work, sink, send } = await asked();
  for (const letter of '"a long list"') {
    send(letter);
    await clock.advance(patience - 1);
  }
  sink.end({ excess: false });
  assert.equal(await work, '"a long list"');
});

test('silence in the middle of an answer ends the wait', async () => {
  const { clock, work, send } = await asked();
  send('"');
  await clock.advance(patience);
  await assert.rejects(work, (error) => error instanceof Failure && error.class === 'network');
});

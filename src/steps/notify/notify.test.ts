import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { SMTPServer } from 'smtp-server';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { type GivenContext, stepBench } from '../../../test/support/step-run.ts';
import { defaults } from '../../config/defaults.ts';
import { realDisk } from '../../disk/real-disk.ts';
import { Failure } from '../../downloads/failure.ts';
import { systemClock } from '../../time/clock.ts';
import { messageOf } from './message.ts';
import { notifyKind } from './notify.ts';
import { postFor } from './posts.ts';

const context: GivenContext = {
  files: [{ path: '/d/Grüße 😀.mkv', size: 2_000_000, main: true }],
  category: 'films',
  resultLink: 'https://host/x',
  work: '/d/.work-1',
};

function stepFor(notify: object, names: string, clock = systemClock) {
  return notifyKind({ config: { ...defaults, notify } as never, disk: realDisk, clock }).make(names);
}

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** Answers each POST with the next of these statuses, the last one ever after; 0 breaks the connection. */
async function webServer(t: TestContext, ...statuses: readonly number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    received.push({
      path: request.url,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(parts).toString('utf8')),
    });
    const status = statuses[Math.min(received.length, statuses.length) - 1] ?? 200;
    if (status === 0) request.socket.destroy();
    else response.writeHead(status, { Location: '/elsewhere' }).end('ok');
  };
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

test('each kind of target is told in its own form, and secrets are in no note', async (t) => {
  const { url, received } = await webServer(t, 200);
  const notify = {
    phone: { kind: 'ntfy', url, topic: 'films', token: 'tk_secret', priority: 4 },
    room: { kind: 'discord', url: `${url}/api/webhooks/1/verysecret` },
    mine: { kind: 'webhook', url: `${url}/hook?key=verysecret`, headers: ['X-Key: verysecret'] },
  };
  const { note } = await stepBench().run(stepFor(notify, 'phone, room,mine'), context);
  assert.equal(note, 'phone was told; room was told; mine was told');
  const [ntfy, discord, hook] = received;
  assert.equal(ntfy?.headers.authorization, 'Bearer tk_secret');
  assert.partialDeepStrictEqual(ntfy?.body, {
    topic: 'films',
    title: 'Grüße 😀.mkv is ready',
    priority: 4,
    click: 'https://host/x',
  });
  assert.partialDeepStrictEqual(discord?.body, {
    embeds: [{ title: 'Grüße 😀.mkv is ready' }],
    allowed_mentions: { parse: [] },
  });
  assert.equal(hook?.path, '/hook?key=verysecret');
  assert.deepEqual([hook?.headers['x-key'], hook?.headers['idempotency-key']], ['verysecret', 'u-1-work-1']);
  assert.partialDeepStrictEqual(hook?.body, {
    event: 'completed',
    name: 'Grüße 😀.mkv',
    size: 2_000_000,
    category: 'films',
  });
  for (const { body } of [ntfy, discord] as Received[])
    assert.ok(!JSON.stringify(body).includes('/d/'), 'no local path');
});

test('a target that cannot be told fails nothing, and is said', async (t) => {
  const busy = await webServer(t, 503);
  const wrong = await webServer(t, 404);
  const moved = await webServer(t, 302);
  const notify = {
    busy: { kind: 'discord', url: `${busy.url}/secret` },
    wrong: { kind: 'discord', url: `${wrong.url}/secret` },
    moved: { kind: 'discord', url: `${moved.url}/secret` },
    gone: { kind: 'discord', url: 'http://127.0.0.1:1/secret' },
  };
  const clock = { ...systemClock, sleep: async () => {} };
  const { note = '' } = await stepBench().run(stepFor(notify, 'busy,wrong,moved,gone', clock), context);
  assert.match(
    note,
    /busy was not told: 127\.0\.0\.1:\d+ answered 503; wrong was not told: \S+ answered 404; moved was not told: .*; gone was not told: /,
  );
  assert.ok(!note.includes('secret'));
  assert.deepEqual([busy.received.length, wrong.received.length, moved.received.length], [2, 1, 1]);
});

test('after a crash nobody is told who was told, and nobody is told more than twice', async (t) => {
  const { url, received } = await webServer(t, 0);
  const notify = { a: { kind: 'discord', url }, b: { kind: 'discord', url } };
  const bench = stepBench();
  bench.mark = { a: { tries: 1, state: 'told' }, b: { tries: 1, state: 'sending' } };
  const clock = { ...systemClock, sleep: async () => {} };
  const { note = '' } = await bench.run(stepFor(notify, 'a,b', clock), context);
  assert.match(note, /a was told; b was not told: /);
  assert.equal(received.length, 1);
  bench.mark = { b: { tries: 2, state: 'sending' } };
  assert.match((await bench.run(stepFor(notify, 'b', clock), context)).note ?? '', /b was perhaps not told/);
  assert.equal(received.length, 1);
});

test('the intent is recorded before a byte is sent, and without it nothing is', async (t) => {
  const { url, received } = await webServer(t, 200);
  const bench = stepBench(() => Promise.reject(new Failure('lost', 'gone')));
  await assert.rejects(bench.run(stepFor({ a: { kind: 'discord', url } }, 'a'), context), { class: 'lost' });
  assert.equal(received.length, 0);
});

test('stopped while it waits, it ends, and the next run tries once more', async (t) => {
  const { url, received } = await webServer(t, 503);
  const bench = stepBench();
  const clock = manualClock();
  const stopping = new AbortController();
  const waiting = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => {
      stopping.abort(new Error('stop'));
      return clock.sleep(ms, signal);
    },
  };
  await assert.rejects(
    bench.run(stepFor({ a: { kind: 'discord', url } }, 'a', waiting), context, stopping.signal),
    /stop/,
  );
  assert.equal(received.length, 1);
  const { note = '' } = await bench.run(stepFor({ a: { kind: 'discord', url } }, 'a'), context);
  assert.match(note, /a was not told/);
  assert.equal(received.length, 2);
});

test('a mail is sent with an id of its own, and a refused login is said without the password', async (t) => {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'me' && password === 'topsecret' ? done(null, { user: 'me' }) : done(new Error('no')),
    onData(stream, _session, done) {
      let text = '';
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
      stream.on('end', () => {
        mails.push(text);
        done();
      });
    },
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => new Promise<void>((closed) => server.close(closed)));
  const { port } = server.server.address() as AddressInfo;
  const target = (password: string) => ({
    mail: { kind: 'email', url: `smtp://me:${password}@127.0.0.1:${port}`, from: 'a@example.org', to: 'b@example.org' },
  });
  assert.equal((await stepBench().run(stepFor(target('topsecret'), 'mail'), context)).note, 'mail was told');
  assert.match(mails[0] ?? '', /Message-ID: <u-1-work-1@longhaul>/);
  assert.match(mails[0] ?? '', /Subject: =\?UTF-8\?/);
  const refused = await stepBench().run(stepFor(target('wrongsecret'), 'mail'), context);
  assert.equal(refused.note, `mail was not told: 127.0.0.1:${port} refused the login`);
});

test('a target that the configuration does not name is refused, with those it names', () => {
  assert.throws(() => stepFor({ phone: {} }, 'fone'), /there is no target "fone" to notify; did you mean phone\?/);
  assert.throws(() => stepFor({ phone: {} }, 'xyz'), /there are phone/);
  assert.throws(() => stepFor({}, ''), /name some in the configuration/);
});

test('whatever a download is called, the message is JSON of a length that is taken', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (name) => {
      const message = messageOf({ ...(context as Parameters<typeof messageOf>[0]), uid: 'u', name }, String);
      for (const kind of ['discord', 'webhook', 'ntfy'] as const) {
        const { body } = postFor({ kind, url: 'https://h/x', topic: 't' } as never, message);
        const read = JSON.parse(body) as { title?: string; embeds?: [{ title: string }] };
        assert.ok([...(read.embeds?.[0].title ?? '')].length <= 250);
      }
    }),
  );
});

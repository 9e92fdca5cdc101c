import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../downloads/failure.ts';
import { HeaderFields } from '../../net/http1/header.ts';
import { together } from './chain.ts';
import type { HostAnswer } from './client.ts';
import { LineReader } from './lines.ts';
import { encodedPath, filledIn, linkIn } from './link.ts';
import { numberedPath } from './names.ts';
import { Told } from './rclone.ts';
import { refusal, wordsOf } from './refusal.ts';
import { readState } from './state.ts';
import { inside, readXml, textIn } from './xml.ts';

const answer = (text: string, headers: Record<string, string> = {}, status = 200): HostAnswer => {
  const fields = new HeaderFields();
  for (const [name, value] of Object.entries(headers)) fields.add(name, value);
  return { status, reason: '', headers: fields, text, place: 'host:443' };
};

const url = new URL('https://host/up/film.mkv');

test('the address is where the answer says, by the rule or by what it has', () => {
  const where = { path: 'in/a b.mkv', url };
  assert.equal(linkIn(answer('https://x/1\n'), undefined, where), 'https://x/1');
  assert.equal(linkIn(answer('thanks', { location: '/files/1' }), undefined, where), 'https://host/files/1');
  assert.equal(linkIn(answer(''), undefined, where), url.href);
  assert.equal(linkIn(answer('{"data":{"link":"https://x/2"}}'), 'json:data.link', where), 'https://x/2');
  assert.equal(linkIn(answer(''), 'https://cdn/{path}?n={name}', where), 'https://cdn/in/a%20b.mkv?n=a%20b.mkv');
  const without = { path: 'x', url: undefined };
  assert.throws(() => linkIn(answer('ok'), undefined, without), /no address; set its link/);
  assert.throws(() => linkIn(answer('{"a":1}'), 'json:a', without), /no address at a/);
  assert.throws(() => linkIn(answer('javascript:alert(1)'), 'body', without), /no address as its body/);
});

test('property: any name is one segment of a path, and comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const made = new URL(filledIn('https://host/{name}', name.replaceAll('/', '')));
      assert.equal(made.pathname.split('/').length, 2);
      if (!/^\.{1,2}$/.test(name)) {
        assert.equal(decodeURIComponent(made.pathname.slice(1)), name.replaceAll('/', '').toWellFormed());
      }
      assert.doesNotMatch(encodedPath(name), /[?#\s]/);
    }),
  );
});

test('a number stands before the ending, in the same folder', () => {
  assert.equal(numberedPath('a/film.mkv', 1), 'a/film.mkv');
  assert.equal(numberedPath('a/film.mkv', 2), 'a/film (2).mkv');
});

test('property: what a host says is shown on one short line without markup and secrets', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (before, after) => {
      const words = wordsOf(`${before}s3cret-s3cret${after}`, ['s3cret-s3cret']);
      assert.ok(words.length <= 201 && !words.includes('s3cret-s3cret'));
      assert.doesNotMatch(words, /[\p{Cc}"]/u);
    }),
  );
});

test('property: every status is a failure with a class that says whether to try again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 200, max: 599 }), fc.string(), (status, retryAfter) => {
      const failure = refusal(answer('', { 'retry-after': retryAfter }, status), [], 0);
      assert.equal(failure.retry.when === 'never', status >= 300 && failure.class === 'refused');
    }),
  );
});

test('of several hosts the most hopeful one says when to try again', () => {
  const at = 60_000;
  const later = new Failure('quota', 'b: full', { retry: { when: 'later', reason: 'quota', at } });
  const never = new Failure('refused', 'a: no');
  const now = new Failure('network', 'c: broken');
  assert.equal(together([never]), never);
  assert.deepEqual(together([never, later]).retry, later.retry);
  assert.equal(together([never, later, now]).class, 'network');
  assert.equal(together([never, later]).message, 'no host took it (a: no; b: full)');
});

test('property: any output of rclone is read, in any portions, and figures never come from words', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json())), fc.integer({ min: 1, max: 50 }), (lines, cut) => {
      const sent: number[] = [];
      const told = new Told((bytes) => sent.push(bytes));
      const reader = new LineReader(1000, (line) => told.line(line));
      const text = [...lines, '{"stats":{"bytes":7}}'].join('\n');
      for (let at = 0; at < text.length; at += cut) reader.push(text.slice(at, at + cut));
      reader.end();
      assert.equal(told.bytes, 7);
      assert.ok(told.failure(1) instanceof Failure);
    }),
  );
});

test('what rclone ended with is told with its last words', () => {
  const told = new Told(() => {});
  told.line('2026/11/21 13:28:22 Failed to create file system for "nope:x": didn\'t find section in config file');
  assert.match(
    told.failure(1).message,
    /ended with 1 \("Failed to create .*section in config file"\); check its remote/,
  );
  assert.equal(told.failure(1).class, 'refused');
  told.line('{"level":"error","msg":"Failed to copy: can\'t copy - source file is being updated (size changed)"}');
  assert.equal(told.failure(1).class, 'changed');
});

test('property: any stored mark is read or counts as none', () => {
  fc.assert(
    fc.property(fc.anything(), (mark) => {
      for (const state of Object.values(readState(mark).files)) assert.equal(typeof state.stamp, 'string');
    }),
  );
});

test('property: any text is read as XML or refused; document types always are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      await readXml(text).catch((error: unknown) => assert.ok(error instanceof Failure));
    }),
  );
  await assert.rejects(readXml('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), Failure);
  const read = await readXml('<D:a xmlns:D="DAV:"><D:b>x &amp; y</D:b></D:a>');
  assert.equal(textIn(inside(read, 'a'), 'b'), 'x & y');
});

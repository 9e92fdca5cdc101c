import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../downloads/failure.ts';
import { firstHop, type Hop, nextHop, type RedirectRules } from './redirect.ts';

const rules: RedirectRules = { mostHops: 10, allowDowngrade: false };

function follow(from: string, ...locations: string[]): Hop {
  return locations.reduce((hop, location) => nextHop(hop, location, rules), firstHop(new URL(from)));
}

const refuses = (why: RegExp, run: () => unknown): void => {
  assert.throws(run, (error) => error instanceof Failure && why.test(error.message));
};

test('a location is read relative to the hop it came from', () => {
  assert.equal(follow('https://a/x/y?q', 'z').url.href, 'https://a/x/z');
  assert.equal(follow('https://a/x', '//b/c', '/d').url.href, 'https://b/d');
});

test('a location that is not encoded means its bytes, and one that is stays as it is', () => {
  const raw = Buffer.from('/é?ü=ß', 'utf8').toString('latin1');
  assert.equal(follow('https://a/x', raw).url.href, 'https://a/%C3%A9?%C3%BC=%C3%9F');
  assert.equal(follow('https://a/x', '/%C3%A9%20/').url.href, 'https://a/%C3%A9%20/');
});

test('the fragment is inherited unless the location has its own', () => {
  assert.equal(follow('https://a/x#f', '/y').url.hash, '#f');
  assert.equal(follow('https://a/x#f', '/y#g').url.hash, '#g');
});

test('credentials stay behind when the origin changes, also on the way back', () => {
  assert.equal(follow('https://a/x', '/y').trusted, true);
  for (const other of ['https://b/', 'https://a:444/', 'https://sub.a/']) {
    assert.equal(follow('https://a/x', other).trusted, false, other);
    assert.equal(follow('https://a/x', other, 'https://a/z').trusted, false, other);
  }
  assert.equal(follow('http://a/x', 'https://a/x').trusted, false);
});

test('a user name and password in a location are dropped', () => {
  const { url } = follow('https://a/x', 'https://me:secret@b/');
  assert.deepEqual([url.username, url.password], ['', '']);
});

test('loops, endless chains, other schemes, downgrades and nonsense are refused', () => {
  refuses(/circle/, () => follow('https://a/x', '/y', '/x'));
  refuses(/circle/, () => follow('https://me:pw@a/x', '/x#other'));
  refuses(/more than 10/, () => follow('https://a/', ...Array.from({ length: 11 }, (_, n) => `/${n}`)));
  refuses(/file:/, () => follow('https://a/', 'file:///etc/passwd'));
  refuses(/javascript:/, () => follow('https://a/', 'javascript:alert(1)'));
  refuses(/allow_downgrade/, () => follow('https://a/', 'http://a/'));
  refuses(/not a link/, () => follow('https://a/', 'http://[::'));
  refuses(/without saying where/, () => nextHop(firstHop(new URL('https://a/')), undefined, rules));
});

test('a downgrade is followed when it is allowed', () => {
  const hop = nextHop(firstHop(new URL('https://a/')), 'http://a/', { ...rules, allowDowngrade: true });
  assert.equal(hop.trusted, false);
});

test('property: any chain of locations ends, never leaves http(s), and never trusts another origin', () => {
  const location = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.constantFrom('/', '//b', '?x', '#y', 'http://a/', '../..'),
    fc.webPath(),
  );
  fc.assert(
    fc.property(fc.array(location, { minLength: 1, maxLength: 30 }), (locations) => {
      let hop = firstHop(new URL('https://a/start'));
      try {
        for (const next of locations) {
          hop = nextHop(hop, next, rules);
          assert.ok(hop.visited.length <= 10);
          assert.equal(hop.url.protocol, 'https:');
          if (hop.trusted) assert.equal(hop.url.origin, 'https://a');
        }
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
      }
    }),
  );
});

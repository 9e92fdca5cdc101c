import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StoreFailure } from '../store.ts';
import { addressOf, placeOf } from './address.ts';

test('a link is read into what a person may be told', () => {
  const address = addressOf('postgres://jo%20e:p%40ss@db.example.org:6543/long%20haul?sslmode=require', 'database.url');
  assert.deepEqual([address.user, placeOf(address)], ['jo e', 'db.example.org:6543/long haul']);
  assert.match(address.link, /\?sslmode=verify-full$/);
  assert.equal(placeOf(addressOf('postgresql:///own', 'database.url')), 'localhost:5432/own');
});

test('whatever is written is read or is one sentence, which never shows the password', () => {
  const password = fc.stringMatching(/^[!-~]{12,20}$/);
  const written = fc.oneof(
    fc.string(),
    password.map((secret) => `postgres://u:${secret}@h/db`),
    password.map((secret) => `mysql://u:${secret}@h/db`),
    fc.webUrl().map((link) => link.replace(/^https?/, 'postgres')),
  );
  fc.assert(
    fc.property(written, (link) => {
      try {
        const address = addressOf(link, 'database.url');
        assert.ok(address.database.length > 0 && address.host.length > 0);
      } catch (error) {
        assert.ok(error instanceof StoreFailure, String(error));
        const [, secret] = /u:(.*)@h/.exec(link) ?? [];
        assert.ok(secret === undefined || !error.message.includes(secret));
      }
    }),
  );
});

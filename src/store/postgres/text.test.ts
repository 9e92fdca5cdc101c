import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statement } from '../statements/statement.ts';
import { manyRows, preparedOf, storable } from './text.ts';

test('each place of a parameter gets a number, but not quoted text and not a cast', () => {
  const asked = statement("SELECT ':no', 'it''s :no', x::text FROM t WHERE a = :a AND b = :b_c AND c = :a", {
    locks: true,
  });
  const { text, parameters } = preparedOf(asked, 'write');
  assert.equal(text, "SELECT ':no', 'it''s :no', x::text FROM t WHERE a = $1 AND b = $2 AND c = $3 FOR UPDATE");
  assert.deepEqual(parameters, ['a', 'b_c', 'a']);
  assert.doesNotMatch(preparedOf(asked, 'read').text, /FOR UPDATE/);
  assert.equal(preparedOf(asked, 'write').name, preparedOf(asked, 'write').name);
  assert.notEqual(preparedOf(asked, 'write').name, preparedOf(asked, 'read').name);
});

test('where PostgreSQL has words of its own, they are taken; what is locked can be left out', () => {
  assert.equal(preparedOf(statement('A', { postgres: 'B :x' }), 'write').text, 'B $1');
  assert.equal(preparedOf(statement('A', { locks: 'skip' }), 'write').text, 'A FOR UPDATE SKIP LOCKED');
});

test('an INSERT of one row becomes one of several', () => {
  const { text, parameters } = manyRows(statement('INSERT INTO t (a, b) VALUES (:a, :b)'), 2);
  assert.equal(text, 'INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)');
  assert.deepEqual(parameters, ['a', 'b', 'a', 'b']);
  assert.throws(() => manyRows(statement('SELECT 1'), 2));
});

test('a zero character, which PostgreSQL has no place for, is replaced', () => {
  assert.deepEqual(['a\0b', 'c', 1, null].map(storable), ['a\uFFFDb', 'c', 1, null]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loginFor } from './netrc.ts';

const file = `# mine
machine example.org
  login ann password "with \\"space\\" #1"
machine example.com login bob account x password pw#1
macdef init
machine evil.example login no password no

machine second.example login only
default login anonymous password me@example.org
`;

test('the machine of that name, else the default', () => {
  assert.deepEqual(loginFor(file, 'Example.org'), { login: 'ann', password: 'with "space" #1' });
  assert.deepEqual(loginFor(file, 'example.com'), { login: 'bob', password: 'pw#1' });
  assert.deepEqual(loginFor(file, 'second.example'), { login: 'only', password: '' });
  assert.deepEqual(loginFor(file, 'sub.example.org'), { login: 'anonymous', password: 'me@example.org' });
  assert.deepEqual(loginFor(file, 'evil.example'), { login: 'anonymous', password: 'me@example.org' });
  assert.equal(loginFor('machine a login b password c', 'b'), undefined);
  assert.equal(loginFor('', 'a'), undefined);
});

test('whatever the file holds, an answer is a login or none', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(' machine h ', ' login ', ' password ', '\n', '"', '\\', ' default ', 'macdef'),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const login = loginFor(pieces.join(''), 'h');
      assert.ok(login === undefined || login.login !== '' || login.password !== '');
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../downloads/failure.ts';
import { sourceRegistry } from './registry.ts';
import type { Source } from './source.ts';

let closed = 0;
const web = {
  name: 'http',
  accepts: (link: string) => /^https?:/i.test(link),
  close: async () => {
    closed += 1;
  },
} as unknown as Source;
const sources = sourceRegistry([web], ['http://', 'https://']);

function refusal(link: string): string {
  let said = '';
  assert.throws(
    () => sources.forLink(link),
    (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.class, 'link');
      said = error.message;
      return true;
    },
  );
  return said;
}

test('a link goes to the source that accepts it', () => {
  assert.equal(sources.forLink('HTTPS://example.com/a'), web);
  assert.equal(sources.named('http'), web);
});

test('an unknown scheme is named, with the known ones', () => {
  assert.match(refusal('gopher://example.com/'), /gopher:.*http:\/\/, https:\/\//);
  assert.match(refusal('magnet:?xt=urn:btih:1'), /magnet:/);
});

test('what is no link at all is said to be none, and passwords in it are not repeated', () => {
  assert.match(refusal('example.com/file'), /"example.com\/file" is not a link/);
  assert.match(refusal('localhost:8080/file'), /is not a link/);
  assert.match(refusal('C:\\files\\a.zip'), /is not a link/);
  assert.match(refusal('  '), /empty/);
  assert.doesNotMatch(refusal('me:secret@example.com/file'), /secret/);
});

test('a stored source that this version lacks is named', () => {
  assert.throws(() => sources.named('mega'), /"mega".*http/);
});

test('closing closes every source', async () => {
  await sources.close();
  assert.equal(closed, 1);
});

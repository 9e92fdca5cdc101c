import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostOf } from './host.ts';

test('a host is lower case, and has its port where that is not the usual one', () => {
  for (const [link, host] of [
    ['https://User:secret@Example.ORG/a?b#c', 'example.org'],
    ['http://example.org:80/', 'example.org'],
    ['https://example.org:8443/', 'example.org:8443'],
    ['sftp://Host:22/x', 'host'],
    ['sftp://Host:2222/x', 'host:2222'],
    ['http://[::1]:8080/', '[::1]:8080'],
    ['magnet:?xt=urn:btih:1', '-'],
    ['/a/path', '-'],
    ['', '-'],
  ] as const) {
    assert.equal(hostOf(link), host, link);
  }
});

test('whatever stands there as a link has a host of one line, or none', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (link) => /^\S+$/.test(hostOf(link))),
  );
});

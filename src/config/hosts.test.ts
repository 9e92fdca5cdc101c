import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from './config.ts';
import { hostPattern, settingsOfHost } from './hosts.ts';

const hosts = {
  '*.org': { user_agent: 'org', connections: 1, headers: ['A: 1'] },
  '*.example.org': { user_agent: 'below', headers: ['B: 2'] },
  'example.org': { connections: 3 },
  'example.org:8443': { connections: 4 },
  '[::1]': { rate: 1000 },
  '[::1]:80': { connections: 2 },
};

test('the more exact entry wins for each key, and headers add up', () => {
  assert.deepEqual(settingsOfHost(hosts, 'a.b.example.org:443'), {
    user_agent: 'below',
    connections: 1,
    headers: ['A: 1', 'B: 2'],
  });
  assert.deepEqual(settingsOfHost(hosts, 'Example.ORG'), { user_agent: 'org', connections: 3, headers: ['A: 1'] });
  assert.equal(settingsOfHost(hosts, 'example.org:8443').connections, 4);
  assert.equal(settingsOfHost(hosts, 'example.org:84').connections, 3);
  assert.deepEqual(settingsOfHost(hosts, '[::1]:80'), { rate: 1000, connections: 2 });
  assert.deepEqual(settingsOfHost(hosts, '[::1]'), { rate: 1000 });
});

test('a wildcard means hosts below and nothing that only ends alike', () => {
  assert.deepEqual(settingsOfHost(hosts, 'org'), {});
  assert.deepEqual(settingsOfHost(hosts, 'example.com'), {});
  assert.equal(settingsOfHost(hosts, 'badexample.org').user_agent, 'org');
});

test('what can name a host, and what cannot', () => {
  for (const name of ['example.org', '*.example.org', 'localhost:80', '127.0.0.1', '[::1]:80', 'bücher.example'])
    assert.match(name, hostPattern);
  for (const name of ['', '*', '*.', 'a/b', 'http://a', 'a b', 'me@a', 'a:', '::1', '*x.org', 'a:123456'])
    assert.doesNotMatch(name, hostPattern);
});

test('what is wrong in the settings of a host is named with what was meant', async () => {
  const hosts = { '127.0.0.1': { conections: 2 }, 'exa mple': { connections: 2 }, h: { colour: 'red' } };
  const { problems } = await checkConfig({
    env: {},
    cwd: '/',
    home: '/nowhere',
    flags: { set: [{ key: 'hosts', value: hosts, flag: 'x' }] },
  });
  assert.deepEqual(problems.map(({ key, allowed }) => `${key} ${allowed.slice(0, 60)}`).toSorted(), [
    'hosts[127.0.0.1][conections] is not known here; did you mean connections?',
    'hosts[exa mple] is named wrongly: it must be a host such as example.org, "*.',
    'hosts[h][colour] is not known here; known are headers, user_agent, referer, c',
  ]);
});

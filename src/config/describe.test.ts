import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from './config.ts';
import { describeConfig, shownKeys } from './describe.ts';
import { secretsOf } from './secrets.ts';

test('what is shown is YAML that loads to the same configuration, with where each value came from', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-show-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const env = {
    LONGHAUL_HOME: folder,
    LONGHAUL_QUEUE_SLOTS: '9',
    LONGHAUL_LOG_ROOMS: 'engine=debug',
    LONGHAUL_CHECKPOINT_BYTES: '64KiB',
  };
  const loaded = await loadConfig({
    env,
    cwd: '/',
    flags: { set: [{ key: 'lease.ttl', value: '1h30m', flag: '--ttl' }] },
  });
  const text = describeConfig(loaded);
  assert.match(text, /^ {2}slots: 9 {2}# LONGHAUL_QUEUE_SLOTS$/m);
  assert.match(text, /^ {2}bytes: 64KiB {2}# LONGHAUL_CHECKPOINT_BYTES$/m);
  assert.match(text, /^ {2}ttl: 1h30m {2}# --ttl$/m);
  assert.match(text, /^ {2}first_wait: 2s {2}# default$/m);
  await writeFile(join(folder, 'config.yaml'), text);
  assert.deepEqual((await loadConfig({ env: { LONGHAUL_HOME: folder }, cwd: '/' })).config, loaded.config);
});

test('planted secrets are masked in what is shown, and known to the log', async () => {
  const headers =
    'Authorization: Bearer planted-token\nCookie: planted=cookie\nReferer: https://ann:planted-word@example.org/\nAccept: text/html';
  const env = {
    LONGHAUL_HOME: '/nowhere',
    LONGHAUL_HTTP_HEADERS: headers,
    LONGHAUL_HTTP_USER_AGENT: 'see https://bob:planted-pass@example.org',
  };
  const hosts = { 'example.org': { headers: ['X-Key: planted-key'], proxy: 'http://me:planted-proxy@p:1' } };
  const set = [{ key: 'hosts', value: hosts, flag: 'settings: hosts' }];
  const loaded = await loadConfig({ env, cwd: '/', flags: { set } });
  const shown = describeConfig(loaded) + JSON.stringify(shownKeys(loaded));
  assert.doesNotMatch(shown, /planted/);
  assert.match(shown, /X-Key: \*\*\*/);
  assert.match(shown, /Authorization: \*\*\*/);
  assert.match(shown, /https:\/\/\*\*\*@example\.org/);
  assert.deepEqual(secretsOf(loaded.config), [
    'Bearer planted-token',
    'planted-token',
    'planted=cookie',
    'planted-key',
    'planted-proxy',
  ]);
  await assert.rejects(
    loadConfig({
      env: { LONGHAUL_HOME: '/nowhere' },
      cwd: '/',
      flags: {
        set: [{ key: 'hosts', value: { h: { headers: ['X planted'], proxy: 'https://me:planted@p' } }, flag: 'x' }],
      },
    }),
    (error: Error) => !error.message.includes('planted') && /hosts\[h\]\[proxy\].*or none/.test(error.message),
  );
});

test('of a database’s link only what says where it is is shown, wherever its password stands', async () => {
  const links = [
    'postgres://joe:planted%20one@db.example.org/own?sslpassword=planted-two',
    'postgres://joe:planted/three?@db.example.org/own',
    'host=db password=planted-four',
  ];
  for (const link of links) {
    const env = { LONGHAUL_HOME: '/nowhere', LONGHAUL_DATABASE_URL: link, LONGHAUL_DATABASE_OWNER_URL: link };
    const loaded = await loadConfig({ env, cwd: '/' });
    assert.doesNotMatch(describeConfig(loaded) + JSON.stringify(shownKeys(loaded)), /planted/);
  }
  const database = { url: links[0], owner_url: 'postgres://h/own?password=planted-five' };
  const http = { headers: [] };
  assert.deepEqual(secretsOf({ http, hosts: {}, database }), ['planted%20one', 'planted one', 'planted-five']);
});

test('links and tokens of notifications are masked in what is shown and in what is refused, and known to the log', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-show-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const targets = (more: string) => `notify:
  phone: { kind: ntfy, url: "https://ntfy.sh", topic: films, token: planted-token }
  room: { kind: discord, url: "https://discord.com/api/webhooks/1/planted-hook" }
  mine: { kind: webhook, url: "https://h/?k=planted-query", headers: ["X-Key: planted-header"] }
  mail: { kind: email, url: "smtps://me:planted-pass@h:465", from: a@h, to: b@h${more} }
`;
  const path = join(folder, 'config.yaml');
  await writeFile(path, targets(''));
  const loaded = await loadConfig({ env: { LONGHAUL_HOME: folder }, cwd: '/' });
  const shown = describeConfig(loaded) + JSON.stringify(shownKeys(loaded));
  assert.match(shown, /topic: films/);
  assert.ok(!shown.includes('planted'), shown);
  for (const secret of [
    'planted-token',
    'api/webhooks/1/planted-hook',
    '?k=planted-query',
    'planted-header',
    'planted-pass',
  ]) {
    assert.ok(secretsOf(loaded.config).includes(secret), secret);
  }
  await writeFile(path, targets(', port: 25'));
  await assert.rejects(
    loadConfig({ env: { LONGHAUL_HOME: folder }, cwd: '/' }),
    (error: Error) => !error.message.includes('planted'),
  );
  await writeFile(path, 'notify: { room: { kind: discord, url: "ftp://planted" } }\n');
  await assert.rejects(
    loadConfig({ env: { LONGHAUL_HOME: folder }, cwd: '/' }),
    (error: Error) => !error.message.includes('planted'),
  );
});

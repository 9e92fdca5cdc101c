import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './config.ts';
import { pathsOf, socketNameBytes } from './paths.ts';
import { ConfigError } from './problems.ts';

test('state, config and work files go where XDG says', () => {
  const env = { HOME: '/home/ann', XDG_STATE_HOME: '/s', XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/w' };
  assert.deepEqual(pathsOf({ env, cwd: '/' }), {
    config: '/c/longhaul/config.yaml',
    database: '/s/longhaul/db/longhaul.db',
    backups: '/s/longhaul/backups',
    sockets: '/s/longhaul/run',
    logs: '/s/longhaul/logs',
    sessions: '/s/longhaul/sessions',
    torrents: '/s/longhaul/torrents',
    work: '/w/longhaul',
    home: '/home/ann',
    downloads: '/home/ann/Downloads',
  });
});

test('without XDG variables, or with relative ones, the usual folders at home are taken', () => {
  for (const env of [{ HOME: '/home/ann' }, { HOME: '/home/ann', XDG_STATE_HOME: 'state', XDG_CONFIG_HOME: '' }]) {
    const paths = pathsOf({ env, cwd: '/' });
    assert.equal(paths.database, '/home/ann/.local/state/longhaul/db/longhaul.db');
    assert.equal(paths.config, '/home/ann/.config/longhaul/config.yaml');
    assert.equal(paths.work, '/home/ann/.cache/longhaul');
  }
});

test('LONGHAUL_HOME puts everything under one folder, and needs no HOME', async () => {
  const env = { LONGHAUL_HOME: 'here', XDG_STATE_HOME: '/s' };
  const { paths, config } = await loadConfig({ env, cwd: '/data' });
  for (const path of Object.values(paths)) assert.match(path, /^\/data\/here\//);
  assert.equal(paths.config, '/data/here/config.yaml');
  assert.equal(config.downloads.directory, '/data/here/downloads');
});

test('without any home the error says what to set', async () => {
  await assert.rejects(
    loadConfig({ env: {}, cwd: '/' }),
    (error) => error instanceof ConfigError && /set LONGHAUL_HOME/.test(error.message),
  );
  const env = { LONGHAUL_HOME: '/data', LONGHAUL_DOWNLOADS_DIRECTORY: '~/x' };
  await assert.rejects(loadConfig({ env, cwd: '/' }), {
    message:
      'downloads.directory: "~/x" (LONGHAUL_DOWNLOADS_DIRECTORY) begins with ~, but no home folder is known: set HOME, or write the whole path',
  });
});

test('a socket path always fits, and is the same for every session of the same state folder', () => {
  const deep = `/home/${'ä'.repeat(40)}`;
  const paths = pathsOf({ env: { LONGHAUL_HOME: deep, XDG_RUNTIME_DIR: '/run/user/7' }, cwd: '/' });
  assert.match(paths.sockets, /^\/tmp\/longhaul-[0-9a-f]{20}$/);
  assert.equal(pathsOf({ env: { LONGHAUL_HOME: deep, TMPDIR: '/t' }, cwd: '/' }).sockets, paths.sockets);
  assert.notEqual(pathsOf({ env: { LONGHAUL_HOME: `${deep}b` }, cwd: '/' }).sockets, paths.sockets);
  for (let length = 1; length < 120; length += 1) {
    const { sockets } = pathsOf({ env: { LONGHAUL_HOME: `/${'x'.repeat(length)}` }, cwd: '/' });
    assert.ok(Buffer.byteLength(sockets) + 1 + socketNameBytes < 100);
  }
});

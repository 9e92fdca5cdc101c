import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { ask } from '../support/ask.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { type Ended, longhaul, ownPlace, type Place, run } from '../support/program.ts';
import { freePort } from '../support/servers.ts';

const quick = ['--max-tries', '1'] as const;

/** One sentence on stderr that says this, this exit code, no stack trace anywhere. */
function assertClear(end: Ended, code: number, says: RegExp): void {
  assert.equal(end.code, code, `${end.code}: ${end.stderr}`);
  assert.match(end.stderr, says);
  assert.doesNotMatch(end.stderr + end.stdout, /^\s+at .+:\d+:\d+/m, 'a stack trace');
  assert.doesNotMatch(end.stderr, /\bnull\b|undefined|\[object|Error:/);
}

async function files(place: Place): Promise<string[]> {
  return (await readdir(place.cwd)).filter((name) => name !== 'home').toSorted();
}

describe('what is wrong is said in one sentence', { concurrency: 3 }, () => {
  test('links that are none are refused before anything is written down', async () => {
    await using place = await ownPlace();
    assertClear(await ask(['get', 'film.mkv'], place), 2, /"film\.mkv" is not a link; links begin with http:\/\//);
    assertClear(await ask(['get', 'http://'], place), 2, /link/);
    assertClear(await ask(['add', 'gopher://host/x'], place), 2, /gopher: .*known are http:\/\/, https:\/\//);
    assert.equal((await ask(['list', '--json'], place)).stdout, '');
  });

  test('a host that does not exist, a refused connection, 404 and 403 are failures that say so', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({
      script: ({ target }) => ({ do: 'status', status: Number(target.slice(1)) }),
    });
    try {
      const refusing = `http://127.0.0.1:${await freePort()}/x`;
      const links = ['http://no-such-host.invalid/x', refusing, `${server.url}/404`, `${server.url}/403`];
      const end = await run(['get', ...quick, ...links], place);
      for (const says of [
        /no-such-host\.invalid/,
        /refuses connections .*longhaul retry 2/,
        /404 .*check the link/,
        /^.*\/403\b.*403.*$/m,
      ])
        assertClear(end, 3, says);
      assert.deepEqual(await files(place), []);
    } finally {
      await server.close();
    }
  });

  test('a folder that cannot be written, or is a file, is named; once that is mended, a retry delivers', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({ body: Buffer.from('hello') });
    const folder = join(place.cwd, 'films');
    await writeFile(folder, 'mine');
    try {
      assertClear(await run(['get', '-d', '/sys', `${server.url}/x.bin`], place), 3, /\/sys/);
      assertClear(await run(['get', '-d', folder, `${server.url}/y.bin`], place), 3, /films/);
      assert.equal(await readFile(folder, 'utf8'), 'mine');
      await rm(folder);
      assert.equal((await ask(['retry', '2'], place)).code, 0);
      assert.equal((await run(['resume-downloads'], place)).code, 0);
      assert.equal(await readFile(join(folder, 'y.bin'), 'utf8'), 'hello');
    } finally {
      await server.close();
    }
  });

  test('a name that is taken is never written over', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({ body: Buffer.from('theirs') });
    await writeFile(join(place.cwd, 'x.bin'), 'mine');
    try {
      const end = await run(['get', '--json', `${server.url}/x.bin`], place);
      assert.equal(end.code, 0, end.stderr);
      assert.equal(JSON.parse(end.stdout).path, join(place.cwd, 'x (2).bin'));
      assert.equal(await readFile(join(place.cwd, 'x.bin'), 'utf8'), 'mine');
      assert.equal(await readFile(join(place.cwd, 'x (2).bin'), 'utf8'), 'theirs');
    } finally {
      await server.close();
    }
  });

  test('names that are paths or too long are refused when typed, and made safe when they come from a server', async () => {
    await using place = await ownPlace();
    assertClear(
      await ask(['get', '-o', '../../x', 'http://127.0.0.1/'], place),
      2,
      /not a path; name the folder with --dir/,
    );
    assertClear(
      await ask(['get', '-o', 'x'.repeat(300), 'http://127.0.0.1/'], place),
      2,
      /300 bytes .* 255; choose a shorter/,
    );
    const long = `${'ü'.repeat(150)}.mkv`;
    const names = [`../../${long}`, '../../../x'];
    const server = await startFaultServer({
      body: Buffer.from('hello'),
      script: ({ number }) => ({
        do: 'serve',
        as: {
          headers: [
            `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(names[number > 1 ? 1 : 0] ?? '')}`,
          ],
        },
      }),
    });
    try {
      for (const path of ['/a', '/b']) {
        const end = await run(['get', `${server.url}${path}`], place);
        assert.equal(end.code, 0, end.stderr);
      }
      const delivered = await files(place);
      assert.equal(delivered.length, 2);
      assert.ok(delivered.includes('x'));
      for (const name of delivered) assert.ok(Buffer.byteLength(name) <= 255, name);
      assert.ok(delivered.some((name) => name.startsWith('üüü') && name.endsWith('.mkv')));
    } finally {
      await server.close();
    }
  });

  test('a configuration that cannot be used names key, value and what is allowed', async () => {
    await using place = await ownPlace();
    await mkdir(place.home, { recursive: true });
    const config = join(place.home, 'config.yaml');
    await writeFile(config, 'queue:\n  slots: many\n');
    for (const verb of [['list'], ['config', 'check'], ['get', 'http://127.0.0.1/x']]) {
      assertClear(
        await ask(verb, place),
        2,
        /queue\.slots: "many" \(.*config\.yaml:2\) must be a whole number from 1 to 10000/,
      );
    }
    await writeFile(config, 'queue: [');
    assertClear(await ask(['list'], place), 2, /config\.yaml/);
    assertClear(
      await ask(['--config', join(place.cwd, 'nowhere.yaml'), 'list'], place),
      2,
      /nowhere\.yaml: .*does not exist/,
    );
    assertClear(await ask(['--config', place.cwd, 'list'], place), 2, /is a folder/);
    assert.equal((await ask(['doctor'], place)).code, 2);
  });

  test('a database that is a picture is kept aside, and said', async () => {
    await using place = await ownPlace();
    const folder = join(place.home, 'db');
    await mkdir(folder, { recursive: true });
    const picture = Buffer.concat([Buffer.from('ffd8ffe000104a464946000101', 'hex'), Buffer.alloc(9000, 7)]);
    await writeFile(join(folder, 'longhaul.db'), picture);
    const end = await ask(['list'], place);
    assertClear(end, 0, /damaged|not a database/);
    const kept = await readdir(folder);
    const aside = kept.filter((name) => /damaged|broken|corrupt/.test(name));
    assert.equal(aside.length, 1, kept.join(' '));
    assert.deepEqual(await readFile(join(folder, aside[0] ?? '')), picture);
    assert.equal((await ask(['list'], place)).stderr.includes('damaged'), false, 'said once');
  });

  test('a database that another program has locked: verbs end with 5, get downloads without it', async () => {
    const server = await startFaultServer({ body: Buffer.from('hello') });
    const kinds = [
      { lock: 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;', verb: ['list'] },
      { lock: 'BEGIN IMMEDIATE', verb: ['add', `${server.url}/x.bin`] },
    ];
    try {
      await Promise.all(kinds.map((kind) => tryLocked(kind.lock, kind.verb, server.url)));
    } finally {
      await server.close();
    }
  });

  test('where no state can be kept at all, get says so and downloads; other verbs end with 5', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({ body: Buffer.from('hello') });
    await writeFile(join(place.cwd, 'file'), '');
    const state = join(place.cwd, 'file', 'state');
    const nowhere = { ...place, env: { LONGHAUL_HOME: '', HOME: place.cwd, XDG_STATE_HOME: state } };
    try {
      assertClear(await ask(['list'], nowhere), 5, /LONGHAUL_HOME/);
      assertClear(await run(['get', `${server.url}/x.bin`], nowhere), 0, /without a memory/);
      assert.equal(await readFile(join(place.cwd, 'x.bin'), 'utf8'), 'hello');
      await mkdir(place.home);
      await writeFile(join(place.home, 'run'), 'in the way of the sockets');
      assertClear(await run(['get', `${server.url}/y.bin`], place), 0, /sign of life .*without a memory/);
      assertClear(await run(['resume-downloads'], place), 5, /sign of life .*LONGHAUL_HOME/);
    } finally {
      await server.close();
    }
  });

  test('an unknown id, and a wish that the state does not allow, say what there is', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({ body: Buffer.from('hello') });
    try {
      assert.equal((await run(['get', `${server.url}/x.bin`], place)).code, 0);
      for (const verb of ['show', 'pause', 'cancel', 'retry', 'remove']) {
        assertClear(await ask([verb, '99'], place), 2, /there is no download 99; longhaul list --all/);
      }
      assertClear(await ask(['pause', '1'], place), 2, /download 1 is completed/);
      assertClear(await ask(['resume', '1'], place), 2, /download 1 is completed/);
      assertClear(await ask(['show', 'x; DROP TABLE downloads'], place), 2, /there is no download "x; DROP/);
      assertClear(await ask(['show', ''], place), 2, /there is no download "";/);
      assertClear(await ask(['show', '1\n2'], place), 2, /^. there is no download "1\\n2";.*\n$/);
      assertClear(
        await ask(['upload', 'x.bin', '--to', 'catbx'], place),
        2,
        /no upload host named "catbx"; did you mean catbox\?/,
      );
      assertClear(await ask(['help', 'lsit'], place), 2, /unknown command 'lsit'; did you mean list\?/);
      assertClear(await ask(['--home', '', 'list'], place), 2, /--home is empty/);
      for (const name of ['', 'two\nlines', 'x'.repeat(300)])
        assertClear(await ask(['serve', '--name', name], place), 2, /--name.* must be one line of 1 to 253 characters/);
      assertClear(await ask(['move', 'up'], place), 2, /say what to move/);
      assertClear(
        await ask(['export', join('none', 'x.json')], place),
        2,
        /cannot be written: there is no folder .*none$/m,
      );
      assert.equal(JSON.parse((await ask(['export', '-'], place)).stdout).downloads.length, 1);
      assert.equal(JSON.parse((await ask(['show', '1', '--json'], place)).stdout).status, 'completed');
    } finally {
      await server.close();
    }
  });

  test('a reader that goes away early is no error', async () => {
    await using place = await ownPlace();
    const server = await startFaultServer({ body: Buffer.from('hello') });
    try {
      await run(['get', `${server.url}/x.bin`], place);
      const listing = longhaul(['show', '1'], place);
      listing.child.stdout?.destroy();
      const end = await listing.ended;
      assert.equal(end.stderr, '');
      assert.equal(end.code, 0);
    } finally {
      await server.close();
    }
  });
});

async function tryLocked(how: string, verb: readonly string[], url: string): Promise<void> {
  await using place = await ownPlace();
  await ask(['list'], place);
  const lock = new DatabaseSync(join(place.home, 'db', 'longhaul.db'));
  lock.exec(how);
  try {
    const [refused, get] = await Promise.all([run(verb, place), run(['get', `${url}/x.bin`], place)]);
    assertClear(refused, 5, /locked by another program .*close what has it open/);
    assertClear(get, 0, /locked by another program .*without a memory/);
    assert.equal(await readFile(join(place.cwd, 'x.bin'), 'utf8'), 'hello');
  } finally {
    lock.close();
  }
}

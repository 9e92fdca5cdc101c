import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { previewSchema, verificationSchema } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { type Ended, longhaul, ownPlace, type Place, run } from '../support/program.ts';

const nginx = needs('nginx');

/** Serves `/NAME` with the name as its content, to those who log in where `/private/` is asked for. */
async function smallServer(context: TestContext) {
  const asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  const first = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    first.resolve();
    const path = decodeURIComponent(request.url ?? '');
    asked.push({ path, headers: request.headers });
    const body = texts.get(path) ?? path;
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), etag: '"v1"', 'accept-ranges': 'bytes' });
    response.end(body);
  });
  const texts = new Map<string, string>();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  return { asked, texts, firstAsked: first.promise, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

function lines(end: Ended): Record<string, unknown>[] {
  return end.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

async function delivered(place: Place): Promise<string[]> {
  return (await readdir(place.cwd)).filter((name) => name !== 'home').toSorted();
}

test('--dry-run says name, size, ranges, version and place, and leaves no trace', nginx, async () => {
  await using place = await ownPlace();
  const server = await startNginx();
  try {
    makeFile(join(server.root, 'film.bin'), 1 << 20);
    const link = `${server.url}/film.bin`;
    const end = await run(['get', '--dry-run', link, `${server.url}/no.bin`, '-d', 'x'], place);
    assert.equal(end.code, 3, end.stderr);
    assert.match(
      end.stdout,
      /film\.bin\n.*1\.05 MB \(1048576 bytes\)\n.*ranges +yes\n.*version +ETag "[^"]+"\n.*source +http\n/,
    );
    assert.match(end.stdout, /goes to +\S+\/x\/film\.bin\n/);
    assert.match(end.stderr, /404/);
    const json = await run(['get', '--dry-run', '--json', link], place);
    assert.equal(previewSchema.parse(lines(json)[0]).totalBytes, 1 << 20);
    assert.deepEqual(await delivered(place), []);
    assert.equal((await ask(['list', '--json', '--all'], place)).stdout, '');
  } finally {
    await server.stop();
  }
});

test(
  'verify finds a byte that changed, a file that was cut and one that is gone, and says what it could check',
  nginx,
  async () => {
    await using place = await ownPlace();
    const server = await startNginx();
    try {
      const hex = makeFile(join(server.root, 'a.bin'), 100_000);
      await run(['get', `${server.url}/a.bin`, '--checksum', `sha-256=${hex}`], place);
      await run(['get', `${server.url}/a.bin`, '-o', 'plain.bin'], place);
      const good = await ask(['verify', '1', '2'], place);
      assert.equal(good.code, 0, good.stderr);
      assert.match(
        good.stdout,
        /a\.bin: size and digest are right\n.*· 2 \S*plain\.bin: has the size it was delivered with; no digest was recorded, so its bytes were not compared\n/,
      );
      const path = join(place.cwd, 'a.bin');
      await chmod(path, 0o640);
      const bytes = await readFile(path);
      bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
      await writeFile(path, bytes);
      const plain = join(place.cwd, 'plain.bin');
      await writeFile(plain, await readFile(path));
      const touched = await ask(['verify', '2'], place);
      assert.equal(touched.code, 3);
      assert.match(touched.stdout, /✖ 2 \S*plain\.bin was written to or replaced since it was delivered/);
      await writeFile(plain, 'short');
      const bad = await ask(['verify', '1', '2', '--json'], place);
      assert.equal(bad.code, 3);
      const [first, second] = lines(bad).map((line) => verificationSchema.parse(line));
      assert.match(first?.files[0]?.problem ?? '', new RegExp(`digest sha-256=.* where sha-256=${hex}`));
      assert.match(second?.files[0]?.problem ?? '', /has 5 bytes where 100000 were delivered/);
      assert.match((await ask(['show', '1'], place)).stdout, /verified .*all is right[\s\S]*verified .*differs/);
      const none = await ask(['verify', '7'], place);
      assert.equal(none.code, 2);
      assert.match(none.stderr, /no download 7/);
    } finally {
      await server.stop();
    }
  },
);

test('on the first day, too, there is a backup, and it knows what was delivered', async (context) => {
  await using place = await ownPlace();
  const { url } = await smallServer(context);
  await ask(['list'], place);
  assert.equal((await run(['get', `${url}/one`], place)).code, 0);
  const folder = join(place.home, 'backups');
  const [backup, ...others] = await readdir(folder);
  assert.deepEqual(others, []);
  using copy = new DatabaseSync(join(folder, backup ?? ''), { readOnly: true });
  assert.equal(copy.prepare('SELECT status FROM downloads').get()?.status, 'completed');
});

test('an input file: links, mirrors and options; what is wrong is said with its line, the others are downloaded', async (context) => {
  await using place = await ownPlace();
  const { url } = await smallServer(context);
  const hex = createHash('sha256').update('/two').digest('hex');
  await writeFile(
    join(place.cwd, 'links.txt'),
    `# mine\n${url}/one\nnonsense\n${url}/two\n  out=second\n  dir=sub\n  checksum=sha-256=${hex}\n${url}/bad\n  checksum=oops\n${url}/three\t${url}/mirror\n`,
  );
  const end = await run(['get', '-i', 'links.txt'], place);
  assert.equal(end.code, 2, end.stderr);
  assert.match(end.stderr, /✖ links\.txt, line 3: "nonsense" is not a link/);
  assert.match(end.stderr, /✖ links\.txt, line 9: checksum: .*ALGORITHM=HEX/);
  assert.deepEqual(await delivered(place), ['links.txt', 'one', 'sub', 'three']);
  assert.equal(await readFile(join(place.cwd, 'sub/second'), 'utf8'), '/two');
  for (const [args, says] of [
    [['-i', 'no.txt'], /--input-file: there is no file/],
    [['-i', 'sub'], /is a folder; name a file/],
    [['-i', 'links.txt', '-o', 'x'], /--out names one file and an input file was given/],
  ] as const) {
    const wrong = await ask(['get', ...args], place);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, says);
  }
});

test('links from standard input begin to be downloaded before it ends', async (context) => {
  await using place = await ownPlace();
  const { url, firstAsked } = await smallServer(context);
  const program = longhaul(['get', '--json', '-i', '-'], place, 'pipe');
  program.child.stdin?.write(`${url}/first\n${url}/second\n`);
  await firstAsked;
  program.child.stdin?.end();
  const end = await program.ended;
  assert.equal(end.code, 0, end.stderr);
  assert.deepEqual(await delivered(place), ['first', 'second']);
});

test('two thousand links of a file are added in one go', async () => {
  await using place = await ownPlace();
  const list = Array.from({ length: 2000 }, (_, n) => `http://127.0.0.1:9/file-${n}\n`).join('');
  await writeFile(join(place.cwd, 'links.txt'), list);
  const end = await ask(['add', '-i', 'links.txt', 'http://127.0.0.1:9/extra[1-3]'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.equal(end.stdout.split('\n').length, 2004);
  const [history] = lines(await ask(['history', '--json'], place));
  assert.partialDeepStrictEqual(history, { statistics: { total: 2003 } });
});

test('globs stand for several links, with their parts in the name; --no-glob takes them literally', async (context) => {
  await using place = await ownPlace();
  const { url, asked } = await smallServer(context);
  const end = await run(['get', `${url}/[08-10]-{a,b}`, '-o', 'page #1#2'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.deepEqual(await delivered(place), ['page 08a', 'page 08b', 'page 09a', 'page 09b', 'page 10a', 'page 10b']);
  assert.equal((await run(['get', '--no-glob', `${url}/[1-2]`, '-o', 'literal'], place)).code, 0);
  assert.equal(asked.at(-1)?.path, '/[1-2]');
  const wrong = await ask(['get', `${url}/[1-2]`, '-o', 'x'], place);
  assert.match(wrong.stderr, /--out names one file and 2 links were given/);
  assert.match((await ask(['get', `${url}/[1-9999]/[1-9999]`], place)).stderr, /stand for 99980001 links/);
});

test('a Metalink, local or behind a link, brings its files with mirrors and digests; secrets stay with its own host', async (context) => {
  await using place = await ownPlace();
  const { url, texts, asked } = await smallServer(context);
  const other = await smallServer(context);
  const file = (name: string, links: readonly string[], content: string) =>
    `<file name="${name}"><size>${content.length}</size><hash type="sha-256">${sha256(content)}</hash>
     ${links.map((link, n) => `<url priority="${n + 1}">${link}</url>`).join('')}</file>`;
  const metalink = `<?xml version="1.0"?><metalink xmlns="urn:ietf:params:xml:ns:metalink">
    ${file('sub/one.bin', [`${url}/one`, `${other.url}/one`], '/one')}${file('two.bin', [`${other.url}/two`], '/two')}<file name="three.bin"><url>${other.url}/three</url>
    <pieces length="4" type="sha-256">${['/thr', 'ee'].map((piece) => `<hash>${sha256(piece)}</hash>`).join('')}</pieces></file></metalink>`;
  texts.set('/all.meta4?x=1', metalink);
  const end = await run(['get', '--header', 'X-Key: planted', `${url}/all.meta4?x=1`], place);
  assert.equal(end.code, 0, end.stderr);
  assert.equal(await readFile(join(place.cwd, 'sub/one.bin'), 'utf8'), '/one');
  assert.match(end.stdout, /two\.bin .*checksum matches/);
  assert.match(end.stdout, /three\.bin .*checksum matches/);
  assert.ok(asked.every(({ headers }) => headers['x-key'] === 'planted'));
  assert.ok(other.asked.length > 0 && other.asked.every(({ headers }) => headers['x-key'] === undefined));
  await mkdir(join(place.cwd, 'again'));
  await writeFile(join(place.cwd, 'local.metalink'), metalink);
  assert.equal((await run(['get', '-d', 'again', 'local.metalink'], place)).code, 0);
  assert.deepEqual((await readdir(join(place.cwd, 'again'))).toSorted(), ['sub', 'three.bin', 'two.bin']);
  await writeFile(join(place.cwd, 'bad.meta4'), '<html>');
  for (const [name, says] of [
    ['bad.meta4', /Metalink is no well-formed XML/],
    ['no.meta4', /there is no Metalink file/],
  ] as const) {
    const wrong = await ask(['get', name], place);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, says);
  }
});

test('of a file whose Metalink knows its pieces, only the wrong one is fetched again', async (context) => {
  await using place = await ownPlace();
  const [content, length] = [Buffer.alloc(400_000, 'the right bytes, '), 100_000];
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    asked.push(range);
    const [, from = 0, to = content.length - 1] =
      /bytes=(\d+)-(\d*)/.exec(range ?? '')?.map((part) => Number(part) || undefined) ?? [];
    const bytes = Buffer.from(content.subarray(from, to + 1));
    if (asked.length === 1) bytes[250_000] = 0;
    const part = range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${content.length}` };
    response.writeHead(range === undefined ? 200 : 206, {
      etag: '"one"',
      'accept-ranges': 'bytes',
      'content-length': bytes.length,
      ...part,
    });
    response.end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const hashes = [0, 1, 2, 3].map((n) => `<hash>${sha256(content.subarray(n * length, (n + 1) * length))}</hash>`);
  await writeFile(
    join(place.cwd, 'one.meta4'),
    `<?xml version="1.0"?><metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="one.bin"><url>http://127.0.0.1:${port}/one.bin</url>
     <pieces length="${length}" type="sha-256">${hashes.join('')}</pieces></file></metalink>`,
  );
  const end = await run(['get', 'one.meta4'], place);
  assert.equal(end.code, 0, end.stderr);
  assert.deepEqual(await readFile(join(place.cwd, 'one.bin')), content);
  assert.deepEqual(asked, [undefined, 'bytes=200000-299999']);
});

test('what is malformed is one sentence that says what is allowed, without what may be a secret', async () => {
  await using place = await ownPlace();
  await writeFile(join(place.cwd, 'bad.txt'), 'planted garbage\n');
  const link = 'http://127.0.0.1:9/x';
  const rows: readonly (readonly [readonly string[], RegExp])[] = [
    [['--proxy', 'ftp://me:planted@h'], /--proxy: the proxy is malformed: write http:\/\/HOST:PORT/],
    [['--proxy', 'https://me:planted@h'], /over TLS is not known here/],
    [['--fingerprint', 'planted'], /--fingerprint: a fingerprint is written as sha256\//],
    [['--user', 'me:planted'], /--user: write only the name/],
    [['--user', 'me'], /set LONGHAUL_PASSWORD, or use --password-file FILE/],
    [['--bearer'], /set LONGHAUL_BEARER, or use --bearer-file FILE/],
    [['--password-file', 'x'], /needs --user NAME/],
    [['--cookies', 'nowhere.txt'], /--cookies: there is no file .*nowhere\.txt/],
    [['--netrc-file', '.'], /is a folder; name a file/],
    [['--mirror', 'gopher://h/x'], /links of the kind gopher: are not known/],
    [['--mirror', 'ftp://h/x'], /a mirror must be a link of the same kind/],
    [['--checksum', 'crc=1'], /ALGORITHM=HEX/],
    [['-H', 'Range: bytes=planted'], /the header Range is set by Longhaul itself; leave it out/],
    [['--cookies', 'bad.txt'], /line 1 of the cookie file .*bad\.txt is no cookie/],
  ];
  for (const [args, says] of rows) {
    const end = await ask(['get', ...args, link], place);
    assert.equal(end.code, 2, `${args.join(' ')}: ${end.stderr}`);
    assert.match(end.stderr, says);
    assert.equal(end.stderr.trimEnd().split('\n').length, 1, end.stderr);
    assert.doesNotMatch(end.stderr, /planted/);
  }
  assert.equal((await ask(['list', '--json'], place)).stdout, '', 'no row was made');
});

test('what failed for want of a login or of a folder goes on by the advice that was given', async (context) => {
  await using place = await ownPlace();
  const closed = createServer(({ headers }, response) => {
    const isLoggedIn = headers.authorization === `Basic ${Buffer.from('ann:pw').toString('base64')}`;
    response.writeHead(isLoggedIn ? 200 : 401, { 'content-length': isLoggedIn ? 2 : 0 }).end(isLoggedIn ? 'ok' : '');
  });
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  context.after(() => closed.close());
  const link = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/film.mkv`;
  await writeFile(join(place.cwd, 'taken'), 'a file');
  const first = await run(['get', link], place);
  assert.match(first.stderr, /longhaul retry 1 --user NAME$/m);
  const second = await run(['get', '--user', 'ann', '-d', 'taken', link], {
    ...place,
    env: { LONGHAUL_PASSWORD: 'pw' },
  });
  assert.match(second.stderr, /longhaul retry 2 -d FOLDER$/m);
  await run(['retry', '1', '--user', 'ann', '-o', 'mine.mkv'], { ...place, env: { LONGHAUL_PASSWORD: 'pw' } });
  await ask(['retry', '2', '-d', 'free'], place);
  const wrong = await ask(['retry', '1', '-H', 'Range: bytes=1'], place);
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.equal((await run(['resume-downloads'], place)).code, 0);
  assert.equal(await readFile(join(place.cwd, 'mine.mkv'), 'utf8'), 'ok');
  assert.equal(await readFile(join(place.cwd, 'free/film.mkv'), 'utf8'), 'ok');
});

const isLog = (path: string) => path.includes('/logs/');

/** Everything below a folder that is a file, with its mode. */
async function filesBelow(folder: string): Promise<{ path: string; text: string; mode: number }[]> {
  const found: { path: string; text: string; mode: number }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    found.push({ path, text: await readFile(path, 'latin1'), mode: (await stat(path)).mode & 0o777 });
  }
  return found;
}

test('planted secrets are sent, and stand in no output, no log, no file that others may read', async (context) => {
  await using own = await ownPlace();
  const { url, asked } = await smallServer(context);
  const secrets = [
    'planted-pass',
    'planted-bearer',
    'planted-header',
    'planted-cookie',
    'planted-netrc',
    'planted-proxy',
  ];
  const place = { ...own, env: { LONGHAUL_PASSWORD: 'planted-pass' } };
  const path = (name: string) => join(own.cwd, 'home', name);
  await mkdir(join(own.cwd, 'home'), { mode: 0o700 });
  await writeFile(path('cookies.txt'), '127.0.0.1\tFALSE\t/\tFALSE\t0\tc\tplanted-cookie\n', { mode: 0o600 });
  await writeFile(path('netrc'), 'machine localhost login ann password planted-netrc\n', { mode: 0o600 });
  await writeFile(path('bearer'), 'planted-bearer\n', { mode: 0o600 });
  const silent = 'http://127.0.0.1:9';
  const runs: Ended[] = [];
  const moving = [
    [
      '--log-level',
      'trace',
      'get',
      '-u',
      'ann',
      '-H',
      'X-Key: planted-header',
      '--cookies',
      path('cookies.txt'),
      `${url}/a`,
      `${url}/f`,
    ],
    ['get', '--bearer-file', path('bearer'), `${url}/b`],
    ['get', '--netrc-file', path('netrc'), `${url.replace('127.0.0.1', 'localhost')}/c`],
    ['get', '--max-tries', '1', '--proxy', 'http://me:planted-proxy@127.0.0.1:9', `${silent}/d`],
    [
      'get',
      '--max-tries',
      '1',
      '--mirror',
      'http://me:planted-pass@127.0.0.1:9/m',
      `http://me:planted-pass@127.0.0.1:9/e`,
    ],
    ['get', '--dry-run', '--json', '--bearer-file', path('bearer'), `${url}/b2`],
  ];
  const asking = [
    ['add', '--json', '-u', 'ann', '--proxy', 'socks5://me:planted-proxy@127.0.0.1:9', `${silent}/g`],
    ['list', '--all', '--json'],
    ['list', '--all'],
    ['history', '--json'],
    ['--set', 'http.proxy=http://me:planted-proxy@127.0.0.1:9', 'config', 'show'],
    ...['1', '2', '3', '4', '5', '6', '7'].flatMap((id) => [
      ['show', id],
      ['show', id, '--json'],
    ]),
  ];
  for (const args of moving) runs.push(await run(args, place));
  for (const args of asking) runs.push(await ask(args, place));
  const sent = asked.map(({ headers }) => `${headers.authorization} ${headers['x-key']} ${headers.cookie}`).join('\n');
  assert.match(sent, new RegExp(Buffer.from('ann:planted-pass').toString('base64')));
  assert.match(sent, new RegExp(Buffer.from('ann:planted-netrc').toString('base64')));
  assert.match(sent, /Bearer planted-bearer/);
  assert.match(sent, /planted-header c=planted-cookie/);
  const forms = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('base64').slice(0, 12)]);
  for (const [n, { stdout, stderr }] of runs.entries())
    for (const form of forms) assert.ok(!(stdout + stderr).includes(form), `run ${n}: ${form} in ${stdout}${stderr}`);
  const files = await filesBelow(own.cwd);
  assert.ok(
    files.some(({ path: file }) => isLog(file)),
    'there is a log to be looked at',
  );
  for (const { path: file, text, mode } of files) {
    const isPrivate = (mode & 0o077) === 0;
    const shown = isLog(file) || !isPrivate;
    if (shown) for (const form of forms) assert.ok(!text.includes(form), `${form} in ${file}`);
  }
});

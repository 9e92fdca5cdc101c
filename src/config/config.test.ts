import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '../../test/support/runs.ts';
import { checkConfig, loadConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { configKeys, variableOf } from './keys.ts';
import { ConfigError, originText } from './problems.ts';
import { version } from './version.ts';
import { parseConfigFile } from './yaml-file.ts';

let root = '';
let file = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'longhaul-config-'));
  file = join(root, '.config', 'longhaul', 'config.yaml');
  await mkdir(join(root, '.config', 'longhaul'), { recursive: true });
});

beforeEach(() => rm(file, { force: true, recursive: true }));
after(() => rm(root, { recursive: true, force: true }));

const load = (env: Environment = {}, flags: Parameters<typeof loadConfig>[0]['flags'] = {}) =>
  loadConfig({ env: { HOME: root, ...env }, cwd: '/somewhere', flags });

const complaint = async (
  env: Environment = {},
  flags: Parameters<typeof loadConfig>[0]['flags'] = {},
): Promise<string> => {
  const error: unknown = await load(env, flags).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, `expected a ConfigError, got ${String(error)}`);
  return error.message;
};

test('without a file, variables or flags everything is at its default', async () => {
  const loaded = await load();
  assert.equal(loaded.config.queue.slots, 4);
  assert.equal(loaded.config.retry.longest_wait, 600_000);
  assert.equal(loaded.config.checkpoint.bytes, 10_000_000);
  assert.equal(loaded.config.http.user_agent, `longhaul/${version}`);
  assert.equal(loaded.config.downloads.directory, join(root, 'Downloads'));
  assert.deepEqual(loaded.file, { path: file, found: false });
  assert.deepEqual(loaded.warnings, []);
});

test('the configuration is frozen to its leaves', async () => {
  const { config } = await load();
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.retry) && Object.isFrozen(config.http.headers));
});

test('flags go before variables, variables before the file, the file before the defaults', async () => {
  await writeFile(file, 'retry:\n  max_tries: 6\n  first_wait: 3s\n  longest_wait: 1h\nlog: { level: debug }\n');
  const { config, sources } = await load(
    { LONGHAUL_RETRY_FIRST_WAIT: '4s', LONGHAUL_RETRY_LONGEST_WAIT: '2h' },
    { set: [{ key: 'retry.longest_wait', value: '3h', flag: '--longest-wait' }] },
  );
  assert.deepEqual(config.retry, { max_tries: 6, first_wait: 4000, longest_wait: 10_800_000 });
  const from = (key: string) => originText(sources[key] ?? { kind: 'default' });
  assert.equal(from('retry.max_tries'), `${file}:2`);
  assert.equal(from('retry.first_wait'), 'LONGHAUL_RETRY_FIRST_WAIT');
  assert.equal(from('retry.longest_wait'), '--longest-wait');
  assert.equal(from('log.level'), `${file}:5`);
  assert.equal(from('queue.slots'), 'default');
});

test('every kind of key can be set by a variable', async () => {
  const { config } = await load({
    LONGHAUL_QUEUE_SLOTS: '7',
    LONGHAUL_LOG_FILE: 'false',
    LONGHAUL_LOG_LEVEL: 'trace',
    LONGHAUL_LOG_ROOMS: 'engine=debug, queue=warn',
    LONGHAUL_HTTP_HEADERS: 'X-One: 1\nX-Two: 2\n',
    LONGHAUL_HTTP_LOW_SPEED: '0',
    LONGHAUL_SPACE_HEADROOM: '2GiB',
    LONGHAUL_CHECKPOINT_INTERVAL: '90',
    LONGHAUL_RETRY_MAX_TRIES: '',
  });
  assert.equal(config.queue.slots, 7);
  assert.equal(config.log.file, false);
  assert.deepEqual({ ...config.log.rooms }, { engine: 'debug', queue: 'warn' });
  assert.deepEqual([...config.http.headers], ['X-One: 1', 'X-Two: 2']);
  assert.equal(config.http.low_speed, 0);
  assert.equal(config.space.headroom, 2 * 2 ** 30);
  assert.equal(config.checkpoint.interval, 90_000);
  assert.equal(config.retry.max_tries, 5);
});

test('no two keys share a variable', () => {
  const names = configKeys.map(({ key }) => variableOf(key));
  assert.equal(new Set(names).size, names.length);
});

test('every key has a description', () => {
  assert.deepEqual(
    configKeys.filter(({ description }) => description.length < 10),
    [],
  );
});

test('a variable that means nothing is a warning that names the nearest one', async () => {
  const { warnings } = await load({
    LONGHAUL_QUEUE_SLOT: '3',
    LONGHAUL_NO_APT: '1',
    LONGHAUL_DATABASE_URL: 'postgres://x',
  });
  assert.deepEqual(warnings, [
    'LONGHAUL_QUEUE_SLOT in the environment means nothing to Longhaul; did you mean LONGHAUL_QUEUE_SLOTS?',
  ]);
});

test('each problem has a line of its own with key, value, place and what is allowed', async () => {
  await writeFile(file, 'queue:\n  slots: many\nretry:\n  max_tires: 3\nlog:\n  level: loud\ncheckpoint: often\n');
  assert.deepEqual(
    (await complaint({ LONGHAUL_STORE_BACKUPS: '-1' }, { set: [{ key: 'lease.ttl', value: 'x', flag: '--ttl' }] }))
      .split('\n')
      .sort(),
    [
      `checkpoint: "often" (${file}:7) must be a section with keys of its own: bytes, interval`,
      'lease.ttl: "x" (--ttl) must be a duration such as 30s, 10m or 1h30m, from 1s to 20d',
      `log.level: "loud" (${file}:6) must be one of trace, debug, info, warn, error, silent`,
      `queue.slots: "many" (${file}:2) must be a whole number from 1 to 10000`,
      `retry.max_tires (${file}:4) is not a key of the configuration; did you mean retry.max_tries?`,
      'store.backups: -1 (LONGHAUL_STORE_BACKUPS) must be a whole number from 0 to 365',
    ],
  );
});

test('keys are checked against each other', async () => {
  await writeFile(file, 'lease:\n  heartbeat: 20s\nretry: { first_wait: 1h }\n');
  assert.deepEqual((await complaint()).split('\n'), [
    `retry.first_wait: "1h" (${file}:3) cannot be longer than retry.longest_wait (10m)`,
    `lease.heartbeat: "20s" (${file}:2) cannot be longer than a third of lease.ttl (10s)`,
  ]);
});

test('a key without its section, or in another spelling, is told where it belongs', async () => {
  await writeFile(file, 'max-tries: 3\nhttp:\n  maxRedirects: 1\n  wheelbarrow: 2\n');
  assert.deepEqual((await complaint()).split('\n').slice(0, 2), [
    `max-tries (${file}:1) is not a key of the configuration; did you mean retry.max_tries?`,
    `http.maxRedirects (${file}:3) is not a key of the configuration; did you mean http.max_redirects?`,
  ]);
  assert.match(
    await complaint(),
    /http\.wheelbarrow \(.*:4\) is not a key of the configuration; known here: .*http\.connect_timeout, /,
  );
});

test('a flag that sets no key of the configuration is told the nearest one', async () => {
  assert.equal(
    await complaint({}, { set: [{ key: 'retry.tries', value: 3, flag: '--set' }] }),
    'retry.tries (--set) is not a key of the configuration; did you mean retry.max_tries?',
  );
});

test('a syntax error is told with line and column', async () => {
  await writeFile(file, 'queue:\n  slots: [1, 2\nlog: x\n');
  assert.match(await complaint(), new RegExp(`^${file}:\\d+: column \\d+: not YAML: \\S.*`));
  await writeFile(file, 'queue:\n  slots: 1\n  slots: 2\n');
  assert.match(await complaint(), new RegExp(`^${file}:3: column 3: not YAML: Map keys must be unique$`));
});

test('a file that cannot be read is a clear error', async (context) => {
  await mkdir(file);
  assert.equal(await complaint(), `${file}: the config file is a folder; name the file itself`);
  await rm(file, { recursive: true });
  assert.equal(
    await complaint({ LONGHAUL_CONFIG: 'mine.yaml' }),
    '/somewhere/mine.yaml: the config file does not exist; name another config file, or leave it out',
  );
  assert.match(
    await complaint({}, { file: '~/none.yaml' }),
    new RegExp(`^${root}/none.yaml: the config file does not exist`),
  );
  await writeFile(file, Buffer.from([0x71, 0xff, 0xfe]));
  assert.equal(await complaint(), `${file}: the config file is not text in UTF-8`);
  await writeFile(file, `# ${'x'.repeat(1024 * 1024)}\n`);
  assert.match(await complaint(), /is larger than 1 MiB/);
  await chmod(file, 0);
  context.diagnostic(process.getuid?.() === 0 ? 'root reads everything: permissions not tried' : '');
  if (process.getuid?.() !== 0) assert.match(await complaint(), /may not be read by this user/);
});

test('an empty file, an empty section and /dev/null mean the defaults', async () => {
  for (const text of ['', '---\n', '# only a remark\n', 'queue:\nretry:\n  # max_tries: 9\n', '\uFEFFversion: 1\n']) {
    await writeFile(file, text);
    assert.equal((await load()).config.retry.max_tries, 5);
  }
  assert.equal((await load({ LONGHAUL_CONFIG: '/dev/null' })).config.queue.slots, 4);
});

test('paths in the file start at its folder, those of variables at the current one, ~ at home', async () => {
  await writeFile(file, 'downloads: { directory: films }\nhttp: { ca_file: ~/ca.pem }\n');
  const { config } = await load();
  assert.equal(config.downloads.directory, join(root, '.config/longhaul/films'));
  assert.equal(config.http.ca_file, join(root, 'ca.pem'));
  assert.equal((await load({ LONGHAUL_DOWNLOADS_DIRECTORY: 'films' })).config.downloads.directory, '/somewhere/films');
});

test('keys that would change prototypes are refused', async () => {
  await writeFile(file, '__proto__: { slots: 9 }\nqueue:\n  __proto__: { slots: 9 }\n  constructor: 1\n');
  const message = await complaint();
  assert.match(message, /^__proto__ \(.*:1\) is not a key/m);
  assert.match(message, /^queue\.__proto__ \(.*:3\) is not a key/m);
  assert.match(message, /^queue\.constructor \(.*:4\) is not a key/m);
  assert.equal(({} as { slots?: number }).slots, undefined);
});

test('the value of a header is not shown in an error', async () => {
  await writeFile(file, 'http:\n  headers: ["Authorization : planted-secret", "Cookie: planted-secret"]\n');
  const message = await complaint();
  assert.match(message, /^http\.headers\[0\]: "Authorization: \*\*\*" \(.*:2\) must be a header/);
  assert.doesNotMatch(message, /planted-secret/);
  assert.doesNotMatch(await complaint({ LONGHAUL_HTTP_HEADERS: 'planted-secret' }), /planted-secret/);
});

test('checkConfig hands back what is wrong', async () => {
  await writeFile(file, 'queue: { slots: 0 }\n');
  const request = { env: { HOME: root }, cwd: '/' };
  assert.deepEqual(
    (await checkConfig(request)).problems.map(({ key }) => key),
    ['queue.slots'],
  );
  await writeFile(file, 'queue: { slots: 2 }\n');
  assert.deepEqual(await checkConfig(request), { file: { path: file, found: true }, problems: [], warnings: [] });
});

test('an alias bomb and a deep nest are refused, not expanded', async () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, place) => `${name}: &${name} [${`*${'abcdefgh'[place]},`.repeat(9)}]`),
  ];
  await writeFile(file, bomb.join('\n'));
  assert.match(await complaint(), /not a usable YAML file: Excessive alias count/);
  await writeFile(file, `queue: ${'['.repeat(20_000)}`);
  assert.match(await complaint(), /not YAML|not a usable YAML/);
});

test('whatever the file holds, the only error is ConfigError', async () => {
  const { validate } = await import('./validate.ts');
  const read = (text: string) => {
    try {
      const { settings, problems } = parseConfigFile('/x/config.yaml', text);
      validate(settings, problems);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      assert.ok(error.problems.length > 0 && error.message.length > 0);
    }
  };
  const word = fc.constantFrom(
    ...configKeys.flatMap(({ path }) => path),
    '__proto__',
    'constructor',
    '&a',
    '*a',
    '? ',
    '- ',
    ': ',
    '!!set',
    '|',
    '>',
    '{',
    '}',
    '[',
    ']',
    '\n',
    '\n  ',
    '"',
    "'",
    '#',
    '---\n',
    '%YAML 1.1\n',
    '<<',
    '1',
    '-.inf',
    'null',
    '2001-01-01',
    '\t',
    '\0',
    '\uFFFE',
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 30 }).map((words) => words.join('')),
      read,
    ),
    { numRuns: runs(60) },
  );
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), read), { numRuns: runs(60) });
  const leaf = fc.oneof(fc.jsonValue(), fc.string(), fc.double());
  const tree = fc.dictionary(
    fc.constantFrom(...configKeys.map(({ path }) => path[0] ?? '')),
    fc.oneof(leaf, fc.dictionary(fc.constantFrom(...configKeys.map(({ path }) => path.at(-1) ?? '')), leaf)),
  );
  fc.assert(
    fc.property(tree, (value) => read(JSON.stringify(value))),
    { numRuns: runs(25) },
  );
});

test('whatever the variables hold, the only error is ConfigError', async () => {
  const variables = fc.dictionary(
    fc.constantFrom(...configKeys.map(({ key }) => variableOf(key))),
    fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
  );
  await fc.assert(
    fc.asyncProperty(variables, async (env) => {
      const problems = await checkConfig({ env: { HOME: root, ...env }, cwd: '/' });
      assert.ok(Array.isArray(problems.problems));
    }),
    { numRuns: runs(40) },
  );
});

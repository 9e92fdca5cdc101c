import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { spawnBound } from './support/bound.ts';
import { type Program, pathOf } from './support/needs.ts';
import packages from './support/programs.json' with { type: 'json' };
import { sharedFolder } from './support/shared-folder.ts';
import type { Tally } from './support/tally.ts';

/**
 * `npm test [-- PATH…]` and `npm run test:long`: installs the system programs that tests use where it may, builds, runs
 * the test files with node's runner and ends with one line, `N passed, N failed`. Fails when it found no test, and,
 * with CI=true, when a test was skipped.
 */

const root = resolve(import.meta.dirname, '..');
const places = ['src/**/*.test.ts', 'test/{contract,integration,fault,meta}/**/*.test.ts'];
const longPlaces = ['test/long/**/*.test.ts'];

async function main(args: readonly string[]): Promise<number> {
  const long = args.includes('--long');
  const named = args.filter((arg) => !arg.startsWith('--'));
  const unknown = named.find((name) => !existsSync(name));
  if (unknown !== undefined) return refuse(`${unknown}: no such file or folder`);
  const files = testFiles(long ? longPlaces : places, named);
  if (files.length === 0)
    return refuse(`no test file found in ${named.join(' ') || (long ? longPlaces : places).join(' ')}`);
  if (files.some((file) => file.startsWith('test/'))) {
    installPrograms();
    const built = spawnSync(process.execPath, ['bin/prepare.cjs'], { cwd: root, stdio: 'inherit' });
    if (built.status !== 0) return refuse('the program could not be built');
  }
  const shared = mkdtempSync(join(tmpdir(), 'longhaul-tests-'));
  try {
    return judge(await inLanes(groupsOf(files, long), shared));
  } finally {
    rmSync(shared, { recursive: true, force: true });
  }
}

function testFiles(patterns: readonly string[], named: readonly string[]): string[] {
  const all = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  if (named.length === 0) return all;
  return named.flatMap((name) => {
    const place = relative(root, resolve(name));
    return statSync(join(root, place)).isFile() ? [place] : globSync(`${place}/**/*.test.ts`, { cwd: root }).sort();
  });
}

/** Debian only, as root, unless LONGHAUL_NO_APT=1; what stays missing, the tests name when they skip. */
function installPrograms(): void {
  const programs = Object.keys(packages) as Program[];
  const missing = programs.filter((program) => pathOf(program) === undefined).map((program) => packages[program]);
  if (missing.length === 0) return;
  if (process.env.LONGHAUL_NO_APT === '1' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`Not installed, so some tests are skipped: ${missing.join(' ')}`);
    return;
  }
  console.error(`Installing for the tests by apt-get: ${missing.join(' ')} (LONGHAUL_NO_APT=1 forbids it)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] as const };
  const patience = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const install = [...patience, 'install', '-y', '--no-install-recommends', ...missing];
  spawnSync('apt-get', [...patience, 'update'], { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  const ran = spawnSync('apt-get', install, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  if (ran.status !== 0) console.error('apt-get could not install them; the tests that need them are skipped.');
}

/** A run of node's test runner over some of the files. */
interface Group {
  readonly files: readonly string[];
  readonly flags: readonly string[];
  /** Its output is written in one piece at its end, so that it does not mix with that of the others. */
  readonly atEnd: boolean;
}

/** So many groups run at once: most of them wait most of the time for programs that they started. */
const lanes = 5;
/** Of the tests that mostly wait; in many groups, so that all lanes end at about the same time. */
const waitingGroups = 8;

/**
 * Many files share one process, which spares the start of a hundred and the loading of the program in each; the longest
 * groups come first. The long tests have a process each, and run one after the other.
 */
function groupsOf(files: readonly string[], long: boolean): Group[] {
  const limit = `--test-timeout=${long ? 3_600_000 : 180_000}`;
  if (long) return [{ files, flags: ['--test-concurrency=1', limit], atEnd: false }];
  const isBusy = (file: string) => /^(?:src|test\/contract|test\/meta)\//.test(file);
  const waiting = files.filter((file) => !isBusy(file));
  const groups = [
    files.filter((file) => file.startsWith('src/sources/')),
    files.filter((file) => file.startsWith('src/') && !file.startsWith('src/sources/')),
    files.filter((file) => isBusy(file) && !file.startsWith('src/')),
    ...Array.from({ length: waitingGroups }, (_, group) => waiting.filter((_file, n) => n % waitingGroups === group)),
  ].filter((group) => group.length > 0);
  return groups.map((group) => ({ files: group, flags: ['--test-isolation=none', limit], atEnd: groups.length > 1 }));
}

/** Each lane takes the next group when it is done with one. */
async function inLanes(groups: readonly Group[], shared: string): Promise<Result[]> {
  const next = groups.values();
  const results: Result[] = [];
  const lane = async () => {
    for (const group of next) results.push(await run(group, shared));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

interface Result {
  /** Undefined: the run ended before it could count. */
  readonly tally: Tally | undefined;
  readonly code: number;
}

async function run({ files, flags, atEnd }: Group, shared: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-tally-'));
  const report = join(folder, 'tally.json');
  const reporters = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./test/support/tally.ts',
    `--test-reporter-destination=${report}`,
  ];
  try {
    const args = ['--test', ...flags, ...reporters, ...files];
    const child = spawnBound(process.execPath, args, {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...environment(), NODE_COMPILE_CACHE: join(shared, 'compiled'), [sharedFolder]: shared },
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    const output: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => (atEnd ? output.push(piece) : process.stdout.write(piece)));
    const code = await new Promise<number>((done) => {
      child.on('close', (status, signal) => done(signal === null ? (status ?? 1) : 128 + constants.signals[signal]));
    });
    process.stdout.write(Buffer.concat(output));
    const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
    return { tally: text === '' ? undefined : withEmpty(JSON.parse(text) as Tally, files), code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a shared process nothing is told of a file that holds no test: it is seen from what stands in it. */
function withEmpty(tally: Tally, files: readonly string[]): Tally {
  if (tally.failed > 0) return tally;
  const registers = /\b(?:test|it|\w+Conformance|\w+Contract)\(/;
  const without = files.filter((file) => !registers.test(readFileSync(join(root, file), 'utf8')));
  const known = new Set(tally.empty.map((name) => resolve(root, name)));
  return { ...tally, empty: [...tally.empty, ...without.filter((file) => !known.has(resolve(root, file)))] };
}

/** Without what an outer npm or test runner put there for its own children. */
function environment(): NodeJS.ProcessEnv {
  const outer =
    /^(npm_(lifecycle|package|command|execpath|node_execpath|config_(global|prefix|local_prefix)).*|NODE_TEST_CONTEXT)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

function judge(runs: readonly Result[]): number {
  const inCi = process.env.CI === 'true';
  const broken = runs.find(({ tally }) => tally === undefined);
  if (broken) return refuse(`node's test runner ended with ${broken.code} before it could count`);
  const tallies = runs.flatMap(({ tally }) => tally ?? []);
  const skipped = tallies.flatMap((tally) => tally.skipped);
  const empty = tallies.flatMap((tally) => tally.empty);
  for (const name of skipped) console.log(`${inCi ? 'failed, as CI skips nothing' : 'skipped'}: ${name}`);
  for (const name of empty) console.log(`failed, as it holds no test: ${name}`);
  const counted = sum(tallies.map(({ failed }) => failed)) + empty.length + (inCi ? skipped.length : 0);
  const failed = counted === 0 && runs.some(({ code }) => code !== 0) ? 1 : counted;
  const rest = !inCi && skipped.length > 0 ? `, ${skipped.length} skipped` : '';
  console.log(`${sum(tallies.map(({ passed }) => passed))} passed, ${failed} failed${rest}`);
  return failed === 0 ? 0 : 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function refuse(reason: string): number {
  console.error(`npm test: ${reason}`);
  console.log('0 passed, 1 failed');
  return 1;
}

process.exitCode = await main(process.argv.slice(2));

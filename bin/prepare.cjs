'use strict';
// Makes a checkout or an installed package ready to run, with whatever Node and npm the machine has.
//
// Everything that is missing is made in a folder of its own and then renamed to its place, so a kill at any
// moment leaves either nothing or all of it. The lock only spares two first runs from doing the same work twice.
// Plain old JavaScript: a Node too old for Longhaul must still be able to read it.
const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const OLDEST_NODE = [24, 15];
const CONNECT = 'connect to the network once and run the same command again.';
/** How far (ms) a file's time may lie before the moment it was written: kernels stamp files with a coarse clock. */
const CLOCK_GRAIN = 10;

/** A failure that is told to the person as one sentence; what npm or the build printed is in `log`. */
class Refusal extends Error {}

/** Whether a Node of this version ("24.15.0") can run Longhaul. */
function newEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/**
 * Makes the checkout in `root` ready and returns the path of the Node that runs it.
 * `want` is 'run' (what the program needs) or 'tests' (also what tests and checks need).
 * Says one line on stderr when it installs something, nothing otherwise.
 */
function prepareCheckout(root, want) {
  const began = Date.now() - CLOCK_GRAIN;
  const work = path.join(root, '.cache');
  if (tasksFor(root, want).length > 0) {
    withLock(work, () => {
      const tasks = tasksFor(root, want);
      const news = tasks.map((task) => task.news).filter(Boolean);
      if (news.length > 0) say(`Once only: ${news.join(' and ')}; this takes some seconds.`);
      for (const task of tasks) task.run(work, began);
    });
  }
  return nodeFor(path.join(root, 'runtime'));
}

/** Brings the Node that the package names into the user's cache folder, once, and returns its path. */
function prepareRuntime(packageRoot) {
  const manifest = path.join(packageRoot, 'runtime');
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const home = path.join(base, 'longhaul', `runtime-${readJson(path.join(manifest, 'package.json')).version}`);
  const target = path.join(home, 'node_modules');
  if (!isFile(nodeIn(home))) {
    withLock(home, () => {
      if (isFile(nodeIn(home))) return;
      say(`Once only: bringing ${runtimeName(manifest)}; this takes some seconds.`);
      installLocked({ from: manifest, to: target, work: home, want: 'tests' });
    });
  }
  if (!isFile(nodeIn(home))) throw new Refusal(noRuntime());
  return nodeIn(home);
}

/** What has to be done before the program (or its tests) can run, in order. */
function tasksFor(root, want) {
  const tasks = [];
  const runtime = path.join(root, 'runtime');
  if (!newEnough(process.versions.node) && !(isFile(nodeIn(runtime)) && installed(runtime, 'tests'))) {
    tasks.push({
      news: `bringing ${runtimeName(runtime)}`,
      run: (work) => installLocked({ from: runtime, to: path.join(runtime, 'node_modules'), work, want: 'tests' }),
    });
  }
  if (!installed(root, want)) {
    tasks.push({
      news: 'installing the locked dependencies',
      run: (work) => installLocked({ from: root, to: path.join(root, 'node_modules'), work, want }),
    });
  }
  if (want === 'run' && (tasks.length > 0 || staleBuild(root))) {
    tasks.push({ news: '', run: (_work, began) => build(root, began) });
  }
  return tasks;
}

/** Whether something that the build reads is newer than the build. */
function staleBuild(root) {
  const built = timeOf(path.join(root, 'dist', 'main.js'));
  if (!(built > 0) || !isFile(path.join(root, 'dist', process.platform === 'win32' ? 'main.js' : 'node'))) return true;
  const inputs = ['src', 'build', 'package.json', 'package-lock.json', 'runtime/package-lock.json'];
  return inputs.some((name) => newestIn(path.join(root, name)) > built);
}

function newestIn(place) {
  const time = timeOf(place);
  if (!fs.existsSync(place) || !fs.statSync(place).isDirectory()) return time;
  return fs.readdirSync(place).reduce((newest, name) => Math.max(newest, newestIn(path.join(place, name))), time);
}

function build(root, began) {
  const node = nodeFor(path.join(root, 'runtime'));
  const script = path.join(root, 'build', 'bundle.ts');
  const ran = spawnSync(node, [script, `--began=${began}`], { cwd: root, encoding: 'utf8' });
  if (ran.status !== 0) throw new Refusal(`The build failed:\n${ran.stderr || ran.error || `signal ${ran.signal}`}`);
  if (process.platform !== 'win32') replaceLink(node, path.join(root, 'dist', 'node'));
}

function replaceLink(target, place) {
  const fresh = `${place}.${process.pid}`;
  fs.symlinkSync(target, fresh);
  fs.renameSync(fresh, place);
}

/**
 * `npm ci` of the manifest folder `from` in a staging folder under `work`, then renamed to `to`.
 * Install scripts never run. npm's own stamp, written last, travels along.
 */
function installLocked({ from, to, work, want }) {
  sweep(work);
  const staging = path.join(work, `staging-${process.pid}-${startOf(process.pid)}`);
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'checks/package.json']) {
    if (!fs.existsSync(path.join(from, name))) continue;
    fs.mkdirSync(path.dirname(path.join(staging, name)), { recursive: true });
    fs.copyFileSync(path.join(from, name), path.join(staging, name));
  }
  npmCi(staging, want === 'run' ? ['--workspaces=false'] : [], path.join(work, 'npm.log'));
  const left = absent(staging, want);
  if (left) throw new Refusal(`The npm registry cannot be reached or lacks ${left}; ${CONNECT}`);
  const made = path.join(staging, 'node_modules');
  fs.mkdirSync(made, { recursive: true });
  if (fs.existsSync(to)) fs.renameSync(to, path.join(staging, 'old'));
  fs.renameSync(made, to);
  fs.rmSync(staging, { recursive: true, force: true });
}

function npmCi(folder, flags, log) {
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error'];
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--prefer-offline'];
  const windows = process.platform === 'win32';
  const ran = spawnSync(windows ? 'npm.cmd' : 'npm', args.concat(patience, quiet, flags), {
    cwd: folder,
    env: cleanEnvironment(),
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (ran.error && ran.error.code === 'ENOENT') {
    throw new Refusal('npm is not on the PATH; install Node.js together with npm and run the same command again.');
  }
  if (ran.status === 0) return;
  const words = `${ran.stdout || ''}${ran.stderr || ''}`;
  fs.writeFileSync(log, words);
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED/.test(words)) {
    throw new Refusal(
      'The npm registry cannot be reached; connect to the network once and run the same command again.',
    );
  }
  if (/ENOSPC/.test(words)) throw new Refusal(`The disk that holds ${folder} is full; make room and run it again.`);
  const first = words.split('\n').find((line) => /npm (error|ERR!) (?!code)\S/.test(line)) || `status ${ran.status}`;
  throw new Refusal(`npm could not install the locked dependencies (${first.trim()}); its words are in ${log}`);
}

/** The environment without what an outer npm or NODE_ENV would change about the install; its settings stay. */
function cleanEnvironment() {
  const outer =
    /^npm_(lifecycle|package|command|execpath|node_execpath)|^npm_config_(global|prefix|local_prefix|workspaces?|omit|include|only|production|dry_run|package_lock|offline|json|ignore_scripts|loglevel)$/i;
  const kept = Object.keys(process.env).filter((name) => !outer.test(name) && name !== 'NODE_ENV');
  return kept.reduce((env, name) => Object.assign(env, { [name]: process.env[name] }), {});
}

/** Whether node_modules in `root` holds what the lockfile says for this platform. */
function installed(root, want) {
  return absent(root, want) === undefined;
}

/** The first package that the lockfile names and npm's stamp in node_modules does not, or undefined. */
function absent(root, want) {
  const locked = readJson(path.join(root, 'package-lock.json')).packages;
  const stamp = readJson(path.join(root, 'node_modules', '.package-lock.json')) || { packages: {} };
  const wanted = want === 'run' ? closureOf(locked) : Object.keys(locked).filter((key) => /node_modules\//.test(key));
  const missing = wanted.find((key) => {
    const there = stamp.packages[key];
    if (!there) return locked[key].optional !== true || isForHere(locked[key]);
    return there.version !== locked[key].version || there.integrity !== locked[key].integrity;
  });
  return missing && `${missing.replace(/^.*node_modules\//, '')}@${locked[missing].version}`;
}

/** Whether an optional package is the one for this platform: npm leaves it out in silence when it cannot be had. */
function isForHere({ os: systems = [], cpu = [], libc = [] }) {
  const glibc = process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime;
  const isLibc = libc.length === 0 || libc.includes(glibc ? 'glibc' : 'musl');
  return systems.includes(process.platform) && cpu.includes(process.arch) && isLibc;
}

/** The places in the lock of everything the root package needs, without its workspaces. */
function closureOf(locked) {
  const seen = new Set(['']);
  for (const place of seen) {
    const entry = locked[place];
    const own = place === '' ? entry.devDependencies : {};
    const names = Object.keys(Object.assign({}, entry.dependencies, entry.optionalDependencies, own));
    for (const name of names) {
      for (let base = place; ; base = base.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
        const found = `${base}${base && '/'}node_modules/${name}`;
        if (locked[found]) seen.add(found);
        if (locked[found] || base === '') break;
      }
    }
  }
  seen.delete('');
  return Array.from(seen);
}

function nodeFor(runtime) {
  if (newEnough(process.versions.node)) return process.execPath;
  const node = nodeIn(runtime);
  if (!isFile(node)) throw new Refusal(noRuntime());
  return node;
}

/** Where the runtime package of this platform keeps its Node, whether it is there or not. */
function nodeIn(folder) {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = system === 'darwin' && process.arch === 'arm64' ? 'bin-darwin-arm64' : `${system}-${process.arch}`;
  return path.join(folder, 'node_modules', `node-${name}`, 'bin', system === 'win' ? 'node.exe' : 'node');
}

function runtimeName(manifest) {
  return `Node ${readJson(path.join(manifest, 'package.json')).version} (this machine has ${process.versions.node})`;
}

function noRuntime() {
  const here = `${process.platform} ${process.arch}`;
  return `Longhaul needs Node ${OLDEST_NODE.join('.')} or newer and there is none to bring for ${here}; please install it.`;
}

/** Runs `work` while no other live process does so under the same folder; a dead owner's lock is taken over. */
function withLock(folder, work) {
  fs.mkdirSync(folder, { recursive: true });
  const lock = path.join(folder, 'setup.lock');
  const me = `${process.pid} ${startOf(process.pid)}`;
  for (let said = false; !claim(lock, me); sleep(100)) {
    const owner = read(lock);
    if (isDead(owner, lock)) bury(lock, owner);
    else if (owner !== '' && !said) {
      say(`Another first run is at work here (process ${owner.split(' ')[0]}); waiting for it to finish.`);
      said = true;
    }
  }
  try {
    return work();
  } finally {
    if (read(lock) === me) fs.rmSync(lock, { force: true });
  }
}

function claim(lock, me) {
  try {
    fs.writeFileSync(lock, me, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isDead(owner, lock) {
  const [pid, started] = owner.split(' ');
  if (!pid) return fs.existsSync(lock) && Date.now() - timeOf(lock) > 2000;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return error.code === 'ESRCH';
  }
  return startOf(pid) !== (started || '');
}

/** Removes a dead owner's lock; puts back what turns out to be somebody else's, taken in the meantime. */
function bury(lock, owner) {
  const grave = `${lock}.${process.pid}`;
  try {
    fs.renameSync(lock, grave);
    if (read(grave) !== owner) claim(lock, read(grave));
    fs.rmSync(grave, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** When a process began, so that a pid used again is not taken for the old owner; '' where that is not told. */
function startOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] || '';
}

/** Removes what killed runs left behind; what an orphaned npm still writes to is left for the next sweep. */
function sweep(work) {
  for (const name of fs.readdirSync(work)) {
    const left = /^staging-(\d+)-(\d*)$/.exec(name);
    if (!left || (Number(left[1]) !== process.pid && !isDead(`${left[1]} ${left[2]}`, work))) continue;
    try {
      fs.rmSync(path.join(work, name), { recursive: true, force: true, maxRetries: 2 });
    } catch (error) {
      if (error.code !== 'ENOTEMPTY') throw error;
    }
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readJson(file) {
  const text = read(file);
  return text === '' ? undefined : JSON.parse(text);
}

function isFile(file) {
  return fs.existsSync(file) && fs.statSync(file).isFile();
}

function timeOf(file) {
  return fs.existsSync(file) ? fs.statSync(file).mtimeMs : 0;
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function say(words) {
  process.stderr.write(`longhaul: ${words}\n`);
}

/** Runs `work` and turns a refusal, or a folder that cannot be written, into one sentence and exit code 1. */
function orExplain(work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Refusal) && !error.code) throw error;
    say(error instanceof Refusal ? error.message : `The first run cannot finish: ${error.message}`);
    return process.exit(1);
  }
}

module.exports = { newEnough, orExplain, prepareCheckout, prepareRuntime, withLock };

if (require.main === module) orExplain(() => prepareCheckout(path.dirname(__dirname), 'run'));

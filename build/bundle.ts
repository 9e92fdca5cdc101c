import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build, type OutputFile, type Plugin } from 'esbuild';

/**
 * Bundles src/ into dist/: `node build/bundle.ts [--began=EPOCH_MS] [--types]`.
 *
 * Each build is a folder of its own, dist/build-HASH, complete before it gets its name; dist/main.js and
 * dist/index.js are doors of a few lines that point at the newest one and are replaced by rename. A process that
 * runs from an older build keeps finding its lazy chunks and workers there.
 *
 * Workers: every src/**\/NAME.worker.ts becomes NAME.worker.js directly in the build folder, next to every chunk. So
 * `new URL('./NAME.worker.ts', import.meta.url)`, wherever its code ends up, is turned into './NAME.worker.js' here,
 * and runs as it stands from the sources. Two workers of one name are an error.
 *
 * dist/main.js carries as its time the moment the build began: whatever is newer was not read.
 */

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');
const buildsKept = 10;
/** What these import when it is needed is a chunk of its own. */
const doors = ['src/main.ts', 'src/instance/instance.ts'];

async function main(): Promise<void> {
  const began = Number(process.argv.find((arg) => arg.startsWith('--began='))?.slice(8) ?? Date.now());
  const files = await bundle();
  const name = `build-${hashOf(files)}`;
  place(name, files);
  replaceFile('.npmignore', `/*\n!/${name}\n${name}/compile-cache\n!/main.js\n!/index.js\n!/types\n`);
  replaceFile('index.js', `export * from './${name}/index.js';\n`);
  replaceFile('main.js', doorTo(name), began);
  forgetOldBuilds(name);
  if (process.argv.includes('--types')) declareTypes();
}

async function bundle(): Promise<OutputFile[]> {
  const workers = workerEntries();
  const programs = [
    { main: 'src/main.ts', index: 'src/index.ts' },
    ...Object.entries(workers).map(([name, path]) => ({ [name]: path })),
  ];
  const built = await Promise.all(programs.map((entries) => bundleOf(entries, workers)));
  const files = new Map(built.flat().map((file) => [basename(file.path), file]));
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function bundleOf(entryPoints: Record<string, string>, workers: Record<string, string>): Promise<OutputFile[]> {
  const result = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24.15',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    banner: { js: commonJsFloor },
    // ssh2 and pg try to load them, and need them not: they would have to be compiled.
    external: ['cpu-features', 'pg-native', '*.node'],
    plugins: [ownSources(workers), torrentStandIns, builtins],
    write: false,
    logLevel: 'error',
  });
  return result.outputFiles;
}

/** What bundled CommonJS packages expect to find around them. */
const commonJsFloor = `import { createRequire as createRequireHere } from 'node:module';
const require = createRequireHere(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** What the torrent library is given in place of some packages; from the sources `library.ts` there does the same. */
const torrentStandIns: Plugin = {
  name: 'torrent-stand-ins',
  setup(builder) {
    const folder = join(root, 'src', 'sources', 'torrent', 'stand-ins');
    const standIn = (name: string) => ({ path: join(folder, `${name}.ts`) });
    builder.onResolve({ filter: /^(webrtc-polyfill|utp-native|cross-fetch-ponyfill|load-ip-set)$/ }, ({ path }) =>
      standIn(path),
    );
    builder.onResolve({ filter: /^dgram$/ }, ({ importer }) =>
      /[\\/]bittorrent-tracker[\\/]/.test(importer) ? standIn('dgram') : undefined,
    );
    builder.onResolve({ filter: /^net$/ }, ({ importer }) =>
      /[\\/]webtorrent[\\/]lib[\\/]/.test(importer) ? standIn('net') : undefined,
    );
  },
};

/**
 * Node's own modules are asked for where what uses them is run: an import would stand at the head of its chunk, and so
 * load at every start what only a part of the chunk needs (`http2` takes 20 ms in a thread).
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(builder) {
    // For each importer one of its own: one for all would be a chunk.
    builder.onResolve({ filter: /^[a-z]/ }, ({ path, kind, importer }) =>
      isBuiltin(path) && kind !== 'require-call'
        ? { path: `${path} for ${relative(root, importer)}`, namespace: 'builtin', pluginData: path }
        : undefined,
    );
    builder.onLoad({ filter: /./, namespace: 'builtin' }, async ({ pluginData: path }: { pluginData: string }) => {
      const names = Object.keys((await import(path)) as object).filter((name) => name !== 'default');
      const lines = names.map(
        (name) => `const _${name} = /* @__PURE__ */ get('${name}'); export { _${name} as ${name} };`,
      );
      const contents = [
        `const it = process.getBuiltinModule('${path}');`,
        'const get = (name) => it[name];',
        ...lines,
        'export default it;',
      ];
      return { contents: contents.join('\n'), loader: 'js' };
    });
  },
};

function workerEntries(): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const file of globSync('src/**/*.worker.ts', { cwd: root })) {
    const name = basename(file, '.ts');
    if (name in entries) throw new Error(`${file} and ${entries[name]}: worker names must differ`);
    entries[name] = file;
  }
  return entries;
}

/**
 * Two things are changed in our own sources before they are read. The address of a worker becomes that of its bundle.
 * And a module of ours that is imported when it is needed lies in the same chunk as those that need it, not yet run:
 * each chunk costs a millisecond to find and link, and there would be two hundred. What the doors import, and
 * packages, stay chunks that are read only when they are needed.
 */
function ownSources(workers: Record<string, string>): Plugin {
  const address = /new URL\(\s*(['"`])(\.{1,2}\/[^'"`$]*\.worker)\.ts\1,\s*import\.meta\.url\s*,?\s*\)/g;
  const lazy = /(?<!typeof )\bimport\((['"])(\.{1,2}\/[^'"]+\.ts)\1\)/g;
  return {
    name: 'own-sources',
    setup(builder) {
      builder.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const addressed = readFileSync(path, 'utf8').replace(address, (_all, _quote, target: string) => {
          const entry = workers[basename(target)];
          const meant = `${resolve(dirname(path), target)}.ts`;
          if (entry === undefined || join(root, entry) !== meant) throw new Error(`${path}: no worker ${meant}`);
          return `new URL('./${basename(target)}.js', import.meta.url)`;
        });
        const isDoor = doors.includes(relative(root, path));
        const contents = isDoor ? addressed : addressed.replace(lazy, "Promise.resolve().then(() => require('$2'))");
        return { contents, loader: 'ts' };
      });
    },
  };
}

function hashOf(files: readonly OutputFile[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(basename(file.path)).update('\0').update(file.contents);
  return hash.digest('hex').slice(0, 12);
}

function place(name: string, files: readonly OutputFile[]): void {
  if (existsSync(join(dist, name))) return;
  const fresh = join(dist, `new-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const file of files) writeFileSync(join(fresh, basename(file.path)), file.contents);
  renameSync(fresh, join(dist, name));
}

/**
 * The program's door. V8's compiled code is kept beside the build, where only its owner can write. Runs on any Node:
 * src/main.ts tells an old one that it is too old.
 */
function doorTo(name: string): string {
  return `import module from 'node:module';
import { fileURLToPath } from 'node:url';
module.enableCompileCache?.(fileURLToPath(new URL('./${name}/compile-cache', import.meta.url)));
await import('./${name}/main.js');
`;
}

function replaceFile(name: string, text: string, time?: number): void {
  const fresh = join(dist, `${name}.${process.pid}`);
  writeFileSync(fresh, text);
  if (time !== undefined) utimesSync(fresh, time / 1000, time / 1000);
  renameSync(fresh, join(dist, name));
}

function forgetOldBuilds(current: string): void {
  const builds = readdirSync(dist)
    .filter((name) => name.startsWith('build-') && name !== current)
    .map((name) => ({ name, time: statSync(join(dist, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { name } of builds.slice(buildsKept - 1)) rmSync(join(dist, name), { recursive: true, force: true });
}

function declareTypes(): void {
  rmSync(join(dist, 'types'), { recursive: true, force: true });
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const ran = spawnSync(tsc, ['-p', join(root, 'build', 'tsconfig.types.json'), '--singleThreaded'], {
    stdio: 'inherit',
  });
  if (ran.status !== 0) throw new Error('the type declarations could not be made');
}

/** esbuild has told its own errors already, each with its place; a stack trace would bury them. */
function toldByEsbuild(error: unknown): boolean {
  return error instanceof Error && 'errors' in error;
}

try {
  await main();
} catch (error) {
  if (!toldByEsbuild(error)) throw error;
  process.exitCode = 1;
}

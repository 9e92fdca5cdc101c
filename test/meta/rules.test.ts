import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { readProject } from '../../checks/project.ts';
import { rules } from '../../checks/rules.ts';

/** For each rule: repositories that break it, with the words of the finding, and one that looks alike and keeps it. */
interface Example {
  readonly breaks: Readonly<Record<string, { readonly files: Files; readonly says: RegExp }>>;
  readonly keeps: Files;
}
type Files = Readonly<Record<string, string>>;

const examples: Readonly<Record<string, Example>> = {
  layers: {
    breaks: {
      'a static import to the left': {
        files: { 'src/store/a.ts': "import { b } from '../engine/b.ts';\nexport { b };" },
        says: /src\/store\/a\.ts:1: store imports engine \(static\), which is left of it/,
      },
      'a type-only import': {
        files: { 'src/store/a.ts': "import type { B } from '../engine/b.ts';" },
        says: /store imports engine \(type\)/,
      },
      'a type named in place': {
        files: { 'src/store/a.ts': "export type B = import('../engine/b.ts').B;" },
        says: /store imports engine \(type\)/,
      },
      'a re-export': { files: { 'src/store/a.ts': "export * from '../engine/b.ts';" }, says: /store imports engine/ },
      'a dynamic import': {
        files: { 'src/disk/a.ts': "export const b = () => import('../queue/b.ts');" },
        says: /disk imports queue \(dynamic\)/,
      },
      'a worker by its address': {
        files: { 'src/net/a.ts': "new Worker(new URL('../engine/b.worker.ts', import.meta.url));" },
        says: /net imports engine \(worker\)/,
      },
      'a worker whose ending is found when it runs': {
        files: { 'src/net/a.ts': `const end = 1;\nnew URL(\`../engine/b.worker\${end}\`, import.meta.url);` },
        says: /src\/net\/a\.ts:2: net imports engine \(worker\)/,
      },
      'an import only known when it runs': {
        files: { 'src/net/a.ts': 'export const b = (c: string) => import(c);' },
        says: /only known when it runs/,
      },
      'rooms of one bracket': {
        files: { 'src/store/a.ts': "import '../disk/b.ts';" },
        says: /store imports disk \(static\), which stands beside it/,
      },
      'commands importing the queue': {
        files: { 'src/commands/a.ts': "import '../queue/b.ts';", 'src/queue/b.ts': '' },
        says: /src\/commands\/a\.ts: reaches src\/queue\/b\.ts/,
      },
      'commands reaching the engine by a room between': {
        files: {
          'src/commands/a.ts': "import '../watch/b.ts';",
          'src/watch/b.ts': "import type { C } from '../engine/c.ts';",
          'src/engine/c.ts': 'export type C = 1;',
        },
        says: /src\/commands\/a\.ts: reaches src\/watch\/b\.ts → src\/engine\/c\.ts/,
      },
      'a room that is not on the line': { files: { 'src/garage/a.ts': '' }, says: /src\/garage\/a\.ts: is in no room/ },
      'the program importing a test': {
        files: { 'src/store/a.ts': "import './b.test.ts';" },
        says: /imports the test/,
      },
      'the program importing from outside src': {
        files: { 'src/store/a.ts': "import '../../test/support/b.ts';" },
        says: /not part of the program/,
      },
    },
    keeps: {
      'src/main.ts': "import manifest from '../package.json' with { type: 'json' };\nawait import('./cli/a.ts');",
      'src/engine/a.ts':
        "import { b } from '../store/b.ts';\nimport 'node:fs';\nimport './c.ts';\nnew URL('https://x/');",
      'src/commands/a.ts': "import '../sources/b.ts';\nnew URL('../engine', 'https://x/');",
      'src/store/b.test.ts': "import '../engine/a.ts';",
    },
  },
  cycles: {
    breaks: {
      'two modules': {
        files: { 'src/disk/a.ts': "import './b.ts';", 'src/disk/b.ts': "import type { A } from './a.ts';" },
        says: /^src\/disk\/a\.ts → src\/disk\/b\.ts → src\/disk\/a\.ts$/,
      },
      'three modules': {
        files: {
          'src/disk/a.ts': "import './b.ts';",
          'src/disk/b.ts': "import './c.ts';",
          'src/disk/c.ts': "export * from './a.ts';",
        },
        says: /a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/,
      },
    },
    keeps: {
      'src/disk/a.ts': "import './b.ts';\nimport './c.ts';",
      'src/disk/b.ts': "import './c.ts';",
      'src/disk/c.ts': "new URL('./d.worker.ts', import.meta.url);",
      'src/disk/d.worker.ts': "import './c.ts';",
    },
  },
  budgets: {
    breaks: {
      'a file of 401 lines': { files: { 'src/disk/a.ts': '//\n'.repeat(401) }, says: /src\/disk\/a\.ts: 401 lines/ },
      'a function of 81 lines': {
        files: { 'src/disk/a.ts': `//\nexport function a() {${'\n'.repeat(80)}}\n` },
        says: /src\/disk\/a\.ts:2: a function of 81 lines/,
      },
      'an arrow function of 81 lines': {
        files: { 'src/disk/a.ts': `export const a = () => {${'\n'.repeat(80)}};\n` },
        says: /a function of 81 lines/,
      },
      'a method of 81 lines': {
        files: { 'src/disk/a.ts': `export class A {\n  b() {${'\n'.repeat(80)}}\n}\n` },
        says: /a function of 81 lines/,
      },
    },
    keeps: {
      'src/disk/a.ts': '//\n'.repeat(400),
      'src/disk/b.ts': `export function a() {${'\n'.repeat(79)}}\n`,
      'src/disk/b.test.ts': `describe('a', () => {${'\n'.repeat(100)}});\n`,
      'test/contract/c.ts': `export function c() {\n  test('a', () => {});${'\n'.repeat(100)}}\n`,
    },
  },
  names: {
    breaks: {
      'a folder': { files: { 'src/disk/utils/a.ts': '' }, says: /src\/disk\/utils: says nothing/ },
      'a file': { files: { 'src/disk/helpers.test.ts': '' }, says: /helpers\.test\.ts: says nothing/ },
    },
    keeps: { 'src/disk/typesetting.ts': '', 'src/queue/service.ts': '' },
  },
  environment: {
    breaks: {
      'process.env': {
        files: { 'src/disk/a.ts': 'export const a = process.env.HOME;' },
        says: /a\.ts:1: process\.env/,
      },
      'process["env"]': { files: { 'src/disk/a.ts': "export const a = process['env'];" }, says: /process\.env/ },
      'env of node:process': {
        files: { 'src/disk/a.ts': "import { env as e } from 'node:process';\nexport { e };" },
        says: /process\.env/,
      },
      'env taken apart': {
        files: { 'src/disk/a.ts': 'const { env } = process;\nexport { env };' },
        says: /process\.env/,
      },
    },
    keeps: { 'src/config/a.ts': 'export const a = process.env;', 'src/disk/a.ts': 'export const a = { env: 1 }.env;' },
  },
  clocks: {
    breaks: {
      'Date.now': { files: { 'src/disk/a.ts': 'export const a = Date.now();' }, says: /Date\.now/ },
      'new Date()': { files: { 'src/disk/a.ts': 'export const a = new Date();' }, says: /new Date\(\)/ },
      'performance.now': {
        files: { 'src/disk/a.ts': 'export const a = performance.now();' },
        says: /performance\.now/,
      },
      setTimeout: { files: { 'src/disk/a.ts': 'setTimeout(() => {}, 1);' }, says: /setTimeout/ },
      'setTimeout handed on': { files: { 'src/disk/a.ts': 'export const a = { setTimeout };' }, says: /setTimeout/ },
      'globalThis.setInterval': {
        files: { 'src/disk/a.ts': 'globalThis.setInterval(() => {}, 1);' },
        says: /setInterval/,
      },
      'AbortSignal.timeout': {
        files: { 'src/disk/a.ts': 'export const a = AbortSignal.timeout(1);' },
        says: /timeout/,
      },
      'node:timers/promises': {
        files: { 'src/disk/a.ts': "import { setTimeout as sleep } from 'node:timers/promises';\nexport { sleep };" },
        says: /imports node:timers\/promises/,
      },
    },
    keeps: {
      'src/time/a.ts': 'setTimeout(() => {}, Date.now());',
      'src/disk/a.ts':
        'export const a = (s: { setTimeout(n: number): void }, ms: number) => [s.setTimeout(0), new Date(ms)];',
    },
  },
  output: {
    breaks: {
      console: { files: { 'src/disk/a.ts': "console.log('a');" }, says: /console\.log/ },
      'process.stdout': { files: { 'src/disk/a.ts': "process.stdout.write('a');" }, says: /process\.stdout/ },
      'stderr of node:process': {
        files: { 'src/disk/a.ts': "import { stderr } from 'process';\nexport { stderr };" },
        says: /process\.stderr/,
      },
    },
    keeps: { 'src/log/a.ts': "process.stderr.write('a');", 'src/disk/a.ts': 'export const a = { stdout: 1 }.stdout;' },
  },
  exit: {
    breaks: {
      'process.exit': { files: { 'src/cli/a.ts': 'process.exit(1);' }, says: /src\/cli\/a\.ts:1: process\.exit/ },
    },
    keeps: { 'src/main.ts': 'process.exit(1);', 'src/cli/a.ts': 'export const a = { exit: 1 }.exit;' },
  },
  tests: {
    breaks: {
      'test.only': { files: { 'src/disk/a.test.ts': "test.only('a', () => {});" }, says: /a\.test\.ts:1: test\.only/ },
      'the option todo': { files: { 'src/disk/a.test.ts': "it('a', { todo: true }, () => {});" }, says: /says todo/ },
      'the option skip': {
        files: { 'src/disk/a.test.ts': "test('a', { skip: 'slow' }, () => {});" },
        says: /says skip/,
      },
    },
    keeps: { 'src/disk/a.test.ts': "test('a', needs('nginx'), () => {});\ntest('b', { skip: missing() }, () => {});" },
  },
  locks: {
    breaks: {
      'a platform without its entry': {
        files: { 'package-lock.json': lock({ optionalDependencies: { 'a-linux-x64': '1.0.0' } }) },
        says: /package-lock\.json: has no entry for node_modules\/a-linux-x64/,
      },
      'an entry that names its registry': {
        files: { 'package-lock.json': lock({ resolved: 'https://registry.example/a.tgz' }) },
        says: /node_modules\/a names its registry/,
      },
    },
    keeps: { 'package-lock.json': lock({ version: '1.0.0' }) },
  },
};

function lock(entry: object): string {
  return JSON.stringify({ packages: { '': {}, 'node_modules/a': entry } });
}

for (const rule of rules) {
  describe(`the rule "${rule.name}"`, () => {
    const example = examples[rule.name];
    test('is shown to fail by an example', () => assert.ok(Object.keys(example?.breaks ?? {}).length > 0));
    for (const [what, { files, says }] of Object.entries(example?.breaks ?? {})) {
      test(`finds ${what}`, () => {
        const findings = findingsIn(files, rule.name);
        assert.equal(findings.filter((finding) => says.test(finding)).length, 1, findings.join('\n'));
      });
    }
    test('finds nothing in what only looks alike', () => {
      assert.deepEqual(findingsIn(example?.keeps ?? {}, rule.name), []);
    });
  });
}

test('a repository without modules is an error, not a pass', () => {
  inRepository({}, (root) => assert.throws(() => readProject(root), /nothing was checked/));
});

function findingsIn(files: Files, name: string): readonly string[] {
  return inRepository({ 'build/one.ts': '', ...files }, (root) => {
    const verdict = rules.find((rule) => rule.name === name)?.check(readProject(root));
    assert.ok(verdict !== undefined && verdict.looked > 0);
    return verdict.findings;
  });
}

function inRepository<T>(files: Files, use: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-rules-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return use(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

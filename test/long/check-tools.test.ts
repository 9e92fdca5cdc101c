import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { type Outcome, runTool, tools } from '../../checks/tools.ts';

const repository = resolve(import.meta.dirname, '../..');

/** For each tool: a module that breaks what it keeps, and the words by which it says so. */
const broken: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
  types: { text: "export const a: number = 'b';\n", says: /TS2322/ },
  'format and lint': { text: 'export const a: any = "b";\n', says: /noExplicitAny/ },
  promises: { text: 'export function a(): void {\n  Promise.resolve();\n}\n', says: /no-floating-promises/ },
  'dead code': { text: 'export const a = 1;\n', says: /src\/main\.ts|src\/log\/unused\.ts/ },
};

for (const tool of tools) {
  describe(`the check "${tool.name}"`, () => {
    test('fails on what it is there for', () => {
      const example = broken[tool.name];
      assert.ok(example !== undefined, 'has no example');
      const outcome = checked(tool.name, { 'src/log/unused.ts': example.text });
      assert.match(outcome.failure, example.says);
    });

    test('fails when there is nothing to look at', () => {
      const outcome = checked(tool.name, {});
      assert.ok(outcome.looked === '0' || outcome.failure !== '', JSON.stringify(outcome));
    });
  });
}

function checked(name: string, files: Readonly<Record<string, string>>): Outcome {
  const tool = tools.find((one) => one.name === name);
  assert.ok(tool !== undefined);
  const root = mkdtempSync(join(tmpdir(), 'longhaul-tools-'));
  try {
    for (const config of ['.gitignore', '.oxlintrc.json', 'biome.json', 'knip.json', 'package.json', 'tsconfig.json']) {
      copyFileSync(join(repository, config), join(root, config));
    }
    symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return runTool(tool, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

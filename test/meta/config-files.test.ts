import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { configFiles, outdated } from '../../build/config-files.ts';
import { loadConfig } from '../../src/config/config.ts';
import { defaults } from '../../src/config/defaults.ts';
import { configKeys } from '../../src/config/keys.ts';
import { schema } from '../../src/config/schema.ts';
import { validate } from '../../src/config/validate.ts';
import { parseConfigFile } from '../../src/config/yaml-file.ts';

const example = new URL('../../config/longhaul.example.yaml', import.meta.url);

test('the example, the JSON Schema and the defaults are what the schema makes (else: node build/config-files.ts)', async () => {
  assert.equal(Object.keys(configFiles()).length, 3);
  assert.deepEqual(await outdated(), []);
});

test('the example as it is changes nothing', async () => {
  const { config } = await loadConfig({ env: { LONGHAUL_HOME: '/x', LONGHAUL_CONFIG: example.pathname }, cwd: '/' });
  assert.deepEqual(config, (await loadConfig({ env: { LONGHAUL_HOME: '/x' }, cwd: '/' })).config);
});

test('the example shows every key, and uncommenting them all is valid and changes nothing', async () => {
  const text = (await readFile(example, 'utf8')).replaceAll(/^ {2}# ([a-z_]+:(?! *#).*)$/gm, '  $1');
  const { settings, problems } = parseConfigFile('example', text);
  assert.deepEqual(
    settings.map(({ key }) => key.key),
    configKeys.filter((key) => key.default !== undefined).map(({ key }) => key),
  );
  assert.deepEqual(validate(settings, problems).config, schema.parse({}));
  assert.deepEqual(defaults, schema.parse({}));
});

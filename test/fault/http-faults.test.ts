import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { scriptNamed } from '../support/faults/scripts.ts';
import { Certificates, openStage } from '../support/faults/stage.ts';
import { impatient, tryLonghaul } from '../support/faults/trial.ts';
import { versionIn } from '../support/faults/versions.ts';
import { needs } from '../support/needs.ts';
import { ownPlace } from '../support/program.ts';

const certificates = new Certificates();
after(() => certificates[Symbol.dispose]());

/** A sample; `test/long` has them all, over one, four and eight connections each. */
const chosen: readonly (readonly [name: string, connections: number])[] = [
  ['gzip-on-resume', 1],
  ['certificate-of-another-host', 4],
  ['changed-for-new-connections', 8],
];

describe('HTTP under faults', { concurrency: 4 }, () => {
  describe('under a fault a download is right, or fails and says so, and goes on with a good server', {
    concurrency: 4,
  }, () => {
    for (const [name, connections] of chosen) {
      const script = scriptNamed(name);
      test(`${name}, ${connections} connections: ${script.what}`, needs('openssl'), async () => {
        const { problems, said } = await tryLonghaul(script, connections, certificates);
        assert.deepEqual(problems, [], said);
      });
    }
  });

  test('a good server is asked over as many connections as were wanted', async () => {
    const { problems, said, connections } = await tryLonghaul(scriptNamed('good'), 8, certificates);
    assert.deepEqual(problems, [], said);
    assert.ok(connections > 2 && connections <= 8, `${connections} connections`);
  });

  test('a process that lives through many faults keeps no descriptor', async () => {
    await using place = await ownPlace();
    const program = resolve(import.meta.dirname, '../support/faults/library.ts');
    await mkdir(place.home);
    const child = spawn(process.execPath, [program, place.home, place.cwd], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, ...impatient },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async (line: string): Promise<string> => {
      child.stdin.write(`${line}\n`);
      return String((await lines.next()).value);
    };
    const run = async (name: string): Promise<string> => {
      await using stage = await openStage(scriptNamed(name), certificates);
      return await ask(stage.link);
    };
    try {
      assert.match(await run('good'), /^completed/);
      assert.match(await run('404'), /^failed/);
      assert.equal(typeof versionIn(await readFile(join(place.cwd, 'file.bin'))), 'string');
      const before = Number(await ask(''));
      assert.ok(before > 3, `${before} descriptors`);
      for (const name of [
        'reset-each',
        'silence-once',
        'gzip-cut-once',
        'changed-twice',
        'login-page',
        'one-connection',
      ]) {
        assert.match(await run(name), /^(?:completed|failed|retrying)/, name);
      }
      assert.equal(Number(await ask('')), before);
    } finally {
      child.stdin.end();
      await new Promise((done) => (child.exitCode === null ? child.on('exit', done) : done(0)));
    }
  });
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startMegaServer } from '../support/mega-server.ts';
import { peakMemory } from '../support/peak-memory.ts';
import { untilKnown } from '../support/place-store.ts';
import { longhaul, ownPlace, type Program } from '../support/program.ts';
import { askedUntil } from '../support/tells.ts';

const count = 10_000;
const bytes = Buffer.alloc(700, 'all the same');

test('a folder of 10,000 files, killed while it prepares and while it fetches, comes whole, in memory that does not grow with their number squared', async () => {
  const server = await startMegaServer();
  await using at = await ownPlace();
  try {
    const link = server.shareMany('Many', count, bytes);
    const place = { ...at, env: { LONGHAUL_MEGA_GATEWAY: server.gateway, LONGHAUL_CHECKPOINT_BYTES: '100kB' } };
    const folder = join(at.cwd, 'Many');
    const first = longhaul(['get', link], place);
    await askedUntil(async () => existsSync(join(folder, '10')) || undefined);
    await killed(first);
    const second = longhaul(['resume-downloads'], place);
    await untilKnown(at, count * 200);
    await killed(second);
    const third = longhaul(['resume-downloads'], place);
    const peak = peakMemory(third);
    const { code, stderr } = await third.ended;
    assert.equal(code, 0, stderr);
    assert.ok((await peak) < 512 << 20, `${await peak} bytes of memory`);
    const names = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = names.filter((name) => name.isFile());
    assert.equal(files.length, count, 'nothing is missing and nothing is left');
    for (const file of files) assert.ok((await readFile(join(file.parentPath, file.name))).equals(bytes), file.name);
  } finally {
    await server.stop();
  }
});

async function killed(program: Program): Promise<void> {
  program.kill('SIGKILL');
  await program.ended;
}

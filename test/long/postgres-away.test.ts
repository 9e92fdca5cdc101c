import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, startNginx } from '../support/nginx.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { longhaul, ownPlace } from '../support/program.ts';
import { pathTells } from '../support/tells.ts';

const server = await startPostgres();
after(() => server.stop());

test(
  'a download outlives a server that is away for longer than its lease may be trusted, and is whole',
  needs('nginx'),
  async () => {
    const env = {
      LONGHAUL_DATABASE_URL: await server.database(),
      ...{ LONGHAUL_LEASE_TTL: '1500ms', LONGHAUL_LEASE_HEARTBEAT: '300ms', LONGHAUL_LEASE_SCAN: '300ms' },
    };
    const nginx = await startNginx({ limitRate: '1m' });
    await using place = await ownPlace();
    try {
      const digest = makeFile(join(nginx.root, 'file.iso'), 6_000_000);
      const get = longhaul(['get', `${nginx.url}/file.iso`, '--connections', '1', '--json'], { ...place, env });
      await pathTells(place.cwd, () =>
        stat(join(place.cwd, 'file.iso.part')).then(
          ({ size }) => size || undefined,
          () => undefined,
        ),
      );
      await server.halt('immediate');
      await get.says('the database does not answer');
      // As its lease cannot be renewed any more, it lets go of the file server.
      await nginx.ended(1);
      await server.start();
      const end = await get.ended;
      assert.equal(end.code, 0, end.stderr);
      assert.equal(JSON.parse(end.stdout).status, 'completed');
      assert.deepEqual(end.stderr.match(/the database .*/g), [
        'the database does not answer; waiting for it',
        'the database answers again',
      ]);
      assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
    } finally {
      await nginx.stop();
    }
  },
);

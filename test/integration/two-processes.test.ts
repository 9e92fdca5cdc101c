import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '../support/killed-download.ts';
import { needs } from '../support/needs.ts';
import { makeFile, type Nginx, startNginx } from '../support/nginx.ts';
import { longhaul, ownPlace, type Place, run } from '../support/program.ts';

async function onStage(limitRate: string, bytes: number, play: (stage: Stage) => Promise<void>): Promise<void> {
  const nginx = await startNginx({ limitRate });
  await using place = await ownPlace();
  try {
    const digest = makeFile(join(nginx.root, 'file.iso'), bytes);
    await play({ nginx, place, link: `${nginx.url}/file.iso`, digest });
  } finally {
    await nginx.stop();
  }
}

interface Stage {
  readonly nginx: Nginx;
  readonly place: Place;
  readonly link: string;
  readonly digest: string;
}

test('the same link in a second terminal follows the first, and the file is fetched once', needs('nginx'), () =>
  onStage('2m', 8_000_000, async ({ nginx, place, link, digest }) => {
    const first = longhaul(['get', link, '--connections', '1'], place);
    await first.says('downloading');
    const second = longhaul(['get', `${link.replace('http', 'HTTP')}#part`, '--json'], place);
    const [one, two] = await Promise.all([first.ended, second.ended]);
    assert.deepEqual([one.code, two.code], [0, 0]);
    assert.equal(JSON.parse(two.stdout).path, join(place.cwd, 'file.iso'));
    assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
    assert.equal((await nginx.requests()).length, 1);
  }),
);

test('after it is completed the same link is a new download with a number', needs('nginx'), () =>
  onStage('100m', 100_000, async ({ place, link }) => {
    for (let n = 0; n < 2; n += 1) assert.equal((await run(['get', link], place)).code, 0);
    assert.deepEqual((await readdir(place.cwd)).toSorted(), ['file (2).iso', 'file.iso', 'home']);
  }),
);

test('a follower takes over when the process it follows is killed', needs('nginx'), () =>
  onStage('4m', 10_000_000, async ({ place, link, digest }) => {
    const first = longhaul(['get', link], place);
    await first.says('downloading');
    const second = longhaul(['get', link, '--json'], place);
    await second.says('following');
    first.kill('SIGKILL');
    const end = await second.ended;
    assert.equal(end.code, 0);
    assert.equal(JSON.parse(end.stdout).status, 'completed');
    assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
  }),
);

test('Ctrl-C keeps what came and says how to go on; the next call goes on there', needs('nginx'), () =>
  onStage('4m', 8_000_000, async ({ nginx, place, link, digest }) => {
    const first = longhaul(['get', link], place);
    await first.says('downloading');
    await first.says(/downloading/);
    first.kill('SIGINT');
    const end = await first.ended;
    assert.equal(end.code, 130);
    assert.match(end.stderr, /resume with: longhaul resume-downloads/);
    const row = JSON.parse((await run(['list', '--json'], place)).stdout);
    assert.equal(row.status, 'pending');
    assert.equal((await run(['resume-downloads'], place)).code, 0);
    assert.equal(await sha256(join(place.cwd, 'file.iso')), digest);
    const requests = await nginx.requests();
    assert.equal(requests.at(-1)?.range, row.bytes > 0 ? `bytes=${row.bytes}-` : '');
  }),
);

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { plannedSchema } from '../../src/contract/schemas.ts';
import { ask } from '../support/ask.ts';
import { ownPlace, run } from '../support/program.ts';

const content = randomBytes(300_000);
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Breaks off in the middle, then answers 503 until it is mended; from then on it serves ranges. */
async function breakingServer(context: TestContext) {
  const asked: string[] = [];
  let state: 'breaks' | 'away' | 'mended' = 'breaks';
  const server = createServer((request, response) => {
    const { range = '' } = request.headers;
    if (state === 'away') return void response.writeHead(503).end();
    if (state === 'breaks') {
      state = 'away';
      head(response, 200, content.length);
      response.write(content.subarray(0, 200_000), () => response.destroy());
      return;
    }
    asked.push(`${request.url} ${range}`.trim());
    const from = Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    if (range === '') head(response, 200, content.length);
    else head(response, 206, content.length - from, `bytes ${from}-${content.length - 1}/${content.length}`);
    response.end(content.subarray(from));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  context.after(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mend: () => {
      state = 'mended';
    },
  };
}

function head(response: ServerResponse, status: number, length: number, range?: string): void {
  response.writeHead(status, {
    etag: '"one"',
    'accept-ranges': 'bytes',
    'content-length': length,
    ...(range === undefined ? {} : { 'content-range': range }),
  });
}

test('what failed is tried again before what waits, and goes on from its bytes, in its place', async (context) => {
  const server = await breakingServer(context);
  await using place = await ownPlace();
  const failed = await run(['get', `${server.url}/failed`, '--max-tries', '2', '--retry-wait', '1ms'], place);
  assert.equal(failed.code, 3, failed.stderr);
  await ask(['add', '-d', place.cwd, `${server.url}/waiting`], place);
  server.mend();
  const dry = await run(['resume-downloads', '--dry-run', '--json'], place);
  const planned = dry.stdout
    .trim()
    .split('\n')
    .map((line) => plannedSchema.parse(JSON.parse(line)));
  assert.deepEqual(
    planned.map(({ id, action }) => [id, action]),
    [
      [1, 'retry'],
      [2, 'resume'],
    ],
  );
  const before = planned[0]?.bytes ?? 0;
  assert.ok(before > 0, 'what came is kept');
  const left = await run(['resume-downloads', '--max-retries', '1', '--limit', '1', '--json'], place);
  assert.equal(left.code, 0, left.stderr);
  assert.deepEqual(server.asked, ['/waiting'], 'one that was retried already is left alone');
  const resumed = await run(['resume-downloads', '--parallel', '1', '--clean-stale-locks'], place);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /no stale locks/);
  assert.deepEqual(server.asked, ['/waiting', `/failed bytes=${before}-`]);
  assert.equal(sha(await readFile(join(place.cwd, 'failed'))), sha(content));
  assert.match((await run(['resume-downloads'], place)).stderr, /nothing to resume/);
});

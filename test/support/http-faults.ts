import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Integrity } from '../../src/downloads/download.ts';
import { Failure } from '../../src/downloads/failure.ts';
import { type FaultServer, type FaultServerOptions, inTurn, startFaultServer } from './fault-server.ts';
import { type HttpBench, patterned } from './http-bench.ts';

/** What the server of these tests has, and another file of the same size. */
export const content = patterned(2_000_000);
export const otherContent = patterned(2_000_000, 99);
export const half: number = content.length / 2;

export type Linked = FaultServer & { readonly link: string };

/** A server with `content` under `link`; ends with the test. */
export async function serverFor(context: TestContext, options: FaultServerOptions = {}): Promise<Linked> {
  const server = await startFaultServer({ body: content, ...options });
  context.after(() => server.close());
  return Object.assign(server, { link: `${server.url}/file.bin` });
}

/** Expects a failure of that class, said in words that match. */
export async function fails(run: Promise<unknown>, failureClass: Failure['class'], text = /./): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.class, failureClass, error.message);
    assert.match(error.message, text);
    return true;
  });
}

/** Expects a run to end with exactly these bytes. */
export async function delivers(bench: HttpBench, link: string, integrity: Integrity, bytes = content): Promise<void> {
  const end = await bench.run(link);
  assert.equal(end.integrity, integrity);
  assert.equal(end.size, bytes.length);
  assert.ok(bytes.equals(await bench.content()), 'wrong bytes');
}

/** A first run that breaks off in the middle for good; the partial is as a later run finds it. Returns where it ends. */
export async function interrupted(bench: HttpBench, server: Linked): Promise<number> {
  server.script(inTurn({ do: 'cut', after: half }, { do: 'hangUp' }));
  await fails(bench.run(server.link), 'network');
  server.script(() => ({ do: 'serve' }));
  assert.deepEqual(bench.partial.durable, [[0, half]]);
  return half;
}

/** The `Range` of the newest request. */
export function lastRange(server: FaultServer): string | undefined {
  return server.requests.at(-1)?.headers.get('range');
}

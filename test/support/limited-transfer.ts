import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeAuthority } from './certificate.ts';
import { httpBench } from './http-bench.ts';
import { makeFile, startNginx } from './nginx.ts';

/** How fast a transfer under a rate limit was, bytes/s, on both sides. */
export interface Measured {
  /** Bytes written until `span` had gone by, a second. */
  readonly received: number;
  /** The whole file over the time from nginx's first byte to its last. */
  readonly served: number;
  /** The most connections that there were at once. */
  readonly connections: number;
}

/**
 * Fetches from an nginx that could do a hundred times as much, at `rate` bytes/s, over so many connections,
 * for a little longer than `span` ms.
 */
export async function limitedTransfer(
  context: TestContext,
  how: { readonly rate: number; readonly span: number; readonly connections: number; readonly tls: boolean },
): Promise<Measured> {
  const { rate, span, connections, tls } = how;
  const size = Math.round((rate * span * 1.1) / 1000);
  const authority = tls ? makeAuthority() : undefined;
  context.after(() => authority?.remove());
  const nginx = await startNginx({
    sendBuffer: '16k',
    ...(authority ? { certificate: authority.issue('IP:127.0.0.1') } : {}),
  });
  context.after(() => nginx.stop());
  makeFile(join(nginx.root, 'file.bin'), size);
  const bench = await httpBench(context, {
    ...{ connections, connections_per_host: connections, connections_after: 0, least_piece: 65_536 },
    ...(authority ? { ca_file: authority.caFile } : {}),
  });

  const transfer = await bench.begin(`${nginx.url}/file.bin`);
  const begun = performance.now();
  transfer.tune({ rate });
  let received = 0;
  let most = 0;
  const sampler = setInterval(() => {
    const { bytes, connections: now } = transfer.progress();
    const gone = performance.now() - begun;
    most = Math.max(most, now);
    if (gone >= span && received === 0) received = (bytes * 1000) / gone;
  }, 20);
  await transfer.done.finally(() => clearInterval(sampler));
  await transfer.close();
  await bench.source.close();
  const requests = await nginx.requests();
  const served = Math.max(...requests.map(({ to }) => to)) - Math.min(...requests.map(({ from }) => from));
  return { received, served: (size * 1000) / served, connections: most };
}

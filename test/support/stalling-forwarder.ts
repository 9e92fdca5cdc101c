import net from 'node:net';

/** Stands before a server on loopback and passes everything on, until it is told to stop passing. */
export interface Forwarder {
  readonly port: number;
  /** Of each new connection so many bytes from the server come through, then none; 0: all. */
  stallAfter(bytes: number): void;
  /** From now on nothing comes through in either direction, on no connection; false: new ones are passed on again. */
  swallow(everything: boolean): void;
  close(): Promise<void>;
}

/** `rewrite` changes what the server says, such as the port of another connection. */
export async function startForwarder(
  to: number,
  rewrite: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<Forwarder> {
  const sockets = new Set<net.Socket>();
  let limit = 0;
  let swallowing = false;
  const server = net.createServer((client) => {
    const upstream = net.connect({ port: to, host: '127.0.0.1' });
    let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    let swallowed = false;
    const vanishes = () => {
      swallowed ||= swallowing;
      return swallowed;
    };
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.on('end', () => other.end());
    }
    client.on('data', (bytes) => vanishes() || upstream.write(bytes));
    upstream.on('data', (bytes: Buffer) => {
      if (vanishes()) return;
      const passed = bytes.subarray(0, Math.min(bytes.length, left));
      left -= passed.length;
      if (passed.length > 0) client.write(rewrite(passed));
      if (left <= 0) upstream.pause();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    stallAfter(bytes) {
      limit = bytes;
    },
    swallow(everything) {
      swallowing = everything;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import net from 'node:net';

/** Stands before a server on loopback; each end of a connection that breaks or closes takes the other with it. */
export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/** `pass` says of each connection what comes through. */
export async function startRelay(to: number, pass: (client: net.Socket, upstream: net.Socket) => void): Promise<Relay> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect({ port: to, host: '127.0.0.1' });
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
    }
    pass(client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import net from 'node:net';

/** Stands before a PostgreSQL server and, while it steals, lets no connection come past its COMMIT. */
export interface CommitThief {
  readonly port: number;
  /** Commits that were stolen. */
  readonly stolen: number;
  /** `answer`: the server commits, and nobody hears of it; `question`: it never hears of the commit; `silence`: nor that the client is gone; `never`: all passes. */
  steal(what: Theft): void;
  close(): Promise<void>;
}

type Theft = 'answer' | 'question' | 'silence' | 'never';

/** A simple query as the protocol sends it: 'Q', its length, the text, a zero. */
const commit = Buffer.from('Q\0\0\0\x0bCOMMIT\0');

export async function startCommitThief(to: number): Promise<CommitThief> {
  const sockets = new Set<net.Socket>();
  let what: Theft = 'never';
  let stolen = 0;
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
    let deaf = false;
    upstream.on('data', (bytes: Buffer) => (deaf ? client.destroy() : client.write(bytes)));
    client.on('data', (bytes: Buffer) => {
      if (what === 'never' || !bytes.includes(commit)) return void upstream.write(bytes);
      stolen += 1;
      if (what === 'silence') return;
      if (what === 'question') return void client.destroy();
      deaf = true;
      upstream.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    get stolen() {
      return stolen;
    },
    steal(next) {
      what = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

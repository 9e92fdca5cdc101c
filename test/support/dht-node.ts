import { once } from 'node:events';
import { loadLibrary } from '../../src/sources/torrent/library.ts';

/** A node of a distributed table of its own on loopback, by which others enter it. */
export async function startDhtNode(port = 0): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const Client = await loadLibrary();
  const client = new Client({
    utp: false,
    secure: 0,
    natUpnp: false,
    natPmp: false,
    dht: { bootstrap: false },
    dhtPort: port,
    lsd: false,
    utPex: false,
    tracker: false,
    webSeeds: false,
    torrentPort: 0,
    maxConns: 10,
    userAgent: 'dht-node',
  });
  const { dht } = client;
  if (!dht) throw new Error('the library brings no DHT');
  if (!dht.listening) await once(dht, 'listening');
  return {
    port: dht.address().port,
    stop: () => new Promise((done) => client.destroy(() => done())),
  };
}

import { type Relay, startRelay } from './relay.ts';

/** Stands before a server on loopback and passes everything on, until it is told to stop passing. */
export interface Forwarder extends Relay {
  /** Of each new connection so many bytes from the server come through, then none; 0: all. */
  stallAfter(bytes: number): void;
  /** From now on nothing comes through in either direction, on no connection; false: new ones are passed on again. */
  swallow(everything: boolean): void;
}

/** `rewrite` changes what the server says, such as the port of another connection. */
export async function startForwarder(
  to: number,
  rewrite: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<Forwarder> {
  let limit = 0;
  let swallowing = false;
  const relay = await startRelay(to, (client, upstream) => {
    let left = limit === 0 ? Number.POSITIVE_INFINITY : limit;
    let swallowed = false;
    const vanishes = () => {
      swallowed ||= swallowing;
      return swallowed;
    };
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
    client.on('data', (bytes) => vanishes() || upstream.write(bytes));
    upstream.on('data', (bytes: Buffer) => {
      if (vanishes()) return;
      const passed = bytes.subarray(0, Math.min(bytes.length, left));
      left -= passed.length;
      if (passed.length > 0) client.write(rewrite(passed));
      if (left <= 0) upstream.pause();
    });
  });
  return {
    ...relay,
    stallAfter(bytes) {
      limit = bytes;
    },
    swallow(everything) {
      swallowing = everything;
    },
  };
}

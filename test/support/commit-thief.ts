import { EventEmitter, once } from 'node:events';
import { type Relay, startRelay } from './relay.ts';

/** Stands before a PostgreSQL server and, while it steals, lets no connection come past its COMMIT. */
export interface CommitThief extends Relay {
  /** Resolves when another commit has been stolen. */
  stole(): Promise<void>;
  /** `answer`: the server commits, and nobody hears of it; `question`: it never hears of the commit; `silence`: nor that the client is gone; `never`: all passes. */
  steal(what: Theft): void;
}

type Theft = 'answer' | 'question' | 'silence' | 'never';

/** A simple query as the protocol sends it: 'Q', its length, the text, a zero. */
const commit = Buffer.from('Q\0\0\0\x0bCOMMIT\0');

export async function startCommitThief(to: number): Promise<CommitThief> {
  let what: Theft = 'never';
  const thefts = new EventEmitter();
  const relay = await startRelay(to, (client, upstream) => {
    let deaf = false;
    upstream.on('data', (bytes: Buffer) => (deaf ? client.destroy() : client.write(bytes)));
    client.on('data', (bytes: Buffer) => {
      if (what === 'never' || !bytes.includes(commit)) return void upstream.write(bytes);
      thefts.emit('theft');
      if (what === 'silence') return;
      if (what === 'question') return void client.destroy();
      deaf = true;
      upstream.write(bytes);
    });
  });
  return {
    ...relay,
    async stole() {
      await once(thefts, 'theft');
    },
    steal(next) {
      what = next;
    },
  };
}

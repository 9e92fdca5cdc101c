import { Failure } from '../../downloads/failure.ts';
import { bytesOf } from '../../net/answer-text.ts';
import { Asker, type AskerOptions } from '../http/asker.ts';

import { fetchThrough } from './stand-ins/cross-fetch-ponyfill.ts';

/** A tracker's answer, or one piece of a web seed. */
const mostBytes = 64 << 20;
const nothing = Promise.resolve(Buffer.alloc(0));

/**
 * Trackers and web seeds are named by whoever made a torrent. They are asked as any web server is (proxy, authorities),
 * but none at a private address unless `allowPrivate`.
 */
export function reachWebThrough(options: AskerOptions, allowPrivate: boolean): { close(): void } {
  const asker = new Asker({ ...options, publicOnly: !allowPrivate });
  fetchThrough(async (address, { headers = {}, signal = new AbortController().signal } = {}) => {
    const link = new URL(address);
    if (!/^https?:$/.test(link.protocol)) throw new Failure('link', 'trackers and web seeds are asked over http alone');
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    const wanted = range ? { from: Number(range[1]), to: Number(range[2]) + 1 } : {};
    const answer = await asker.ask({ link, options: {}, ...wanted }, signal);
    const { status } = answer.exchange.head;
    // A server without ranges sends the whole file: it is no use, however large it is.
    const isUseful = status === (range ? 206 : 200) || (range !== null && status === 200 && wanted.from === 0);
    if (!isUseful) answer.exchange.abandon();
    return {
      ok: isUseful,
      status,
      body: {},
      async arrayBuffer() {
        const most = range ? Number(range[2]) + 1 - Number(range[1]) : mostBytes;
        const reading = isUseful ? bytesOf(answer.exchange, most, signal, 'protocol') : nothing;
        // The client of trackers awaits it where nobody catches an error; an empty answer it takes for none.
        const bytes = await (range ? reading : reading.catch(() => nothing));
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
      },
    };
  });
  return { close: () => asker.close() };
}

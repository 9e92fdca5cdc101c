import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Reply } from './fault-replies.ts';

/** How bytes leave the server. */
export interface Pace {
  /** Bytes/s of one connection; 0: as fast as they go, each answer in one piece. */
  readonly rate: number;
  /** 0 ≤ r < 1: makes the size of each portion. */
  readonly random: () => number;
  /** Told of each portion of a body. */
  readonly sent: (bytes: number) => void;
}

/** ms */
const tick = 4;
const leastPortion = 4096;
const portions = 60_000;

/**
 * Sends an answer: at once where nothing asks for time, otherwise portion by portion. Resolves when the
 * connection is free for the next request, or has ended.
 */
export async function send(socket: Socket, reply: Reply, pace: Pace): Promise<void> {
  const rate = reply.rate ?? pace.rate;
  if (rate > 0 || reply.trickle || reply.until || reply.delay) {
    if (!(await pourReply(socket, reply, rate, pace))) return;
  } else {
    pace.sent(reply.body.length);
    await new Promise((left) => socket.write(Buffer.concat([reply.head, reply.body]), left));
  }
  if (reply.next === 'end') socket.end();
  if (reply.next === 'reset') socket.resetAndDestroy();
  if (reply.next !== undefined && !socket.destroyed) await new Promise((closed) => socket.once('close', closed));
}

async function pourReply(socket: Socket, reply: Reply, rate: number, pace: Pace): Promise<boolean> {
  const { head, body, trickle } = reply;
  const half = reply.delay ? Math.floor(head.length / 2) : head.length;
  if (half > 0) socket.write(head.subarray(0, half));
  if (reply.delay) {
    await after(reply.delay);
    socket.write(head.subarray(half));
  }
  const fast = trickle ? Math.min(trickle.after, body.length) : body.length;
  if (!(await pour(socket, body.subarray(0, fast), rate, reply, pace))) return false;
  return !trickle || pour(socket, body.subarray(fast), trickle.rate, reply, pace);
}

/** Writes at the rate; false when the connection has ended meanwhile. */
async function pour(socket: Socket, body: Uint8Array, rate: number, reply: Reply, pace: Pace): Promise<boolean> {
  const began = performance.now();
  for (let at = 0; at < body.length; ) {
    if (reply.until?.()) socket.resetAndDestroy();
    if (socket.destroyed) return false;
    const portion = leastPortion + Math.floor(pace.random() * portions);
    const due = rate > 0 ? Math.floor((rate * (performance.now() - began)) / 1000) - at : portion;
    // What becomes due within a tick goes in one piece: byte by byte, as it does, would take all of a processor.
    const worthIt = Math.min(leastPortion, Math.max(1, Math.floor((rate * tick) / 1000)), body.length - at);
    if (due >= worthIt || rate === 0) {
      const bytes = body.subarray(at, at + Math.max(1, Math.min(portion, due)));
      at += bytes.length;
      pace.sent(bytes.length);
      if (!socket.write(bytes)) await drained(socket);
      // A byte is due again at once: without a turn for the others the server would have this thread for itself.
      else await nextTurn();
    } else {
      await after(Math.min(200, Math.max(tick, 1000 / rate)));
    }
  }
  return !socket.destroyed;
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

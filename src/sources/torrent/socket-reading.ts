import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** What is received at once, bytes; less where it is to come evenly. */
const portion = 256 * 1024;
const evenPortion = 16 * 1024;

/** Takes what came; the bytes are there during the call only, and it may change them. False: it wants no more for now. */
type Take = (bytes: Uint8Array) => boolean;

interface Reader {
  take: Take;
  isEven: () => boolean;
}

/** Where all connections of the thread receive. A buffer for each read would have V8 look for garbage all the time. */
let shared: Buffer | undefined;
const readers = new WeakMap<Socket, Reader>();

/** A connection that is read by `readFrom`. */
export function connectReading(to: TcpNetConnectOpts): Socket {
  const reader: Reader = { take: () => false, isEven: () => false };
  const socket = connect({
    ...to,
    onread: {
      buffer: () => {
        shared ??= Buffer.allocUnsafeSlow(portion);
        return reader.isEven() ? shared.subarray(0, evenPortion) : shared;
      },
      callback: (length, buffer) => reader.take(buffer.subarray(0, length)),
    },
  });
  readers.set(socket, reader);
  return socket;
}

/**
 * Has the connection read by `take`, in small portions where it `isEven`. One that others have opened cannot use the
 * buffer of the thread: it is read in the portions it likes.
 */
export function readFrom(socket: Socket, take: Take, isEven: () => boolean): void {
  const reader = readers.get(socket);
  if (reader) Object.assign(reader, { take, isEven });
  else {
    socket.on('data', (bytes: Uint8Array) => {
      if (!take(bytes)) socket.pause();
    });
  }
}

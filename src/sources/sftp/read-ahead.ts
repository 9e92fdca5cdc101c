import type { SFTPWrapper } from 'ssh2';

/** Bytes of one question (every server answers so many), and how many questions are on their way. */
const portion = 32_768;
const ahead = 64;

/**
 * The bytes of a remote file from `from` to its end, in order. Many reads are asked for at once, since one
 * after the other would wait for the way there and back each time. Throws the library's errors.
 */
export async function* readAhead(
  sftp: SFTPWrapper,
  path: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => {});
  sftp.once('close', () => gone.reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  const handle = await Promise.race([openFile(sftp, path), gone.promise]);
  const asked: { readonly at: number; readonly answer: Promise<Uint8Array> }[] = [];
  let next = from;
  try {
    for (;;) {
      while (asked.length < ahead) {
        const answer = readAt(sftp, handle, next, portion);
        answer.catch(() => {});
        asked.push({ at: next, answer });
        next += portion;
      }
      const first = asked.shift();
      if (!first) return;
      for (let { at, answer } = first; ; ) {
        const bytes = await Promise.race([answer, gone.promise]);
        signal.throwIfAborted();
        if (bytes.length === 0) return;
        yield bytes;
        at += bytes.length;
        const missing = first.at + portion - at;
        if (missing <= 0) break;
        answer = readAt(sftp, handle, at, missing);
      }
    }
  } finally {
    sftp.close(handle, () => {});
  }
}

function openFile(sftp: SFTPWrapper, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sftp.open(path, 'r', (error, handle) => (error ? reject(error) : resolve(handle)));
  });
}

/** Fewer bytes than asked for are legal anywhere; none: the file ends here. */
function readAt(sftp: SFTPWrapper, handle: Buffer, at: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  return new Promise((resolve, reject) => {
    sftp.read(handle, buffer, 0, length, at, (error, got) => {
      if (!error) resolve(buffer.subarray(0, got));
      else if ((error as { code?: unknown }).code === endOfFile) resolve(buffer.subarray(0, 0));
      else reject(error);
    });
  });
}

/** SSH_FX_EOF. */
const endOfFile = 1;

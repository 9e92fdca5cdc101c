import { harmlessColoured } from './printable.ts';

/** Lines at the bottom of a terminal that are replaced while something runs. */
export interface LiveArea {
  /** Replaces what stands there. Every line must fit the columns. */
  draw(lines: readonly string[]): void;
  /** Takes the area away, so that lines can be written; the next `draw` opens it again below them. */
  clear(): void;
  /** Takes the area away while `write` writes, and draws it again below. */
  around(write: () => void): void;
  /** Takes it away for good and gives the cursor back. Safe to call twice. */
  close(): void;
}

export interface LiveStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Opens the area with a hidden cursor, which comes back at `close` and whenever the process exits. */
export async function openLiveArea(
  stream: LiveStream & { write(text: string): unknown },
  onClose: () => void,
): Promise<LiveArea> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  let shown: readonly string[] = [];
  let closed = false;

  function draw(lines: readonly string[]): void {
    if (closed) return;
    shown = lines;
    if (lines.length === 0) update.clear();
    else update(lines.map(harmlessColoured).join('\n'));
  }

  function clear(): void {
    shown = [];
    if (!closed) update.clear();
  }

  function around(write: () => void): void {
    const lines = shown;
    clear();
    write();
    draw(lines);
  }

  function close(): void {
    if (closed) return;
    clear();
    closed = true;
    process.removeListener('exit', close);
    stream.write(showCursor);
    onClose();
  }

  process.once('exit', close);
  stream.write(hideCursor);
  return { draw, clear, around, close };
}

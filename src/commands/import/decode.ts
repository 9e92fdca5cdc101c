import { StringDecoder } from 'node:string_decoder';

/**
 * The text of bytes: UTF-8, or UTF-16 where its mark stands in front (as Windows tools write it). What is no
 * text becomes `�`, one such row costs no other. An error in the middle of reading ends the text and is told.
 */
export async function* decoded(
  bytes: AsyncIterable<Uint8Array | string>,
  onBroken: (error: Error) => void,
): AsyncGenerator<string> {
  let decode: ((piece: Uint8Array | undefined) => string) | undefined;
  try {
    for await (const piece of bytes) {
      const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
      decode ??= decoderFor(chunk);
      yield decode(chunk);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    onBroken(error);
  }
  if (decode) yield decode(undefined);
}

function decoderFor(first: Uint8Array): (piece: Uint8Array | undefined) => string {
  const encoding = utf16Of(first);
  if (encoding === 'utf-16be') {
    const decoder = new TextDecoder(encoding);
    return (piece) => decoder.decode(piece, { stream: piece !== undefined });
  }
  const decoder = new StringDecoder(encoding ?? 'utf8');
  let begun = false;
  return (piece) => {
    const text = piece === undefined ? decoder.end() : decoder.write(piece);
    const bare = begun ? text : text.replace(/^\uFEFF/, '');
    begun ||= text !== '';
    return bare;
  };
}

function utf16Of([first, second]: Uint8Array): 'utf16le' | 'utf-16be' | undefined {
  if (first === 0xff && second === 0xfe) return 'utf16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

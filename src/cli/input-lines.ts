/** One line of an input file: its number from 1, and its text without line end; undefined: it is too long. */
export interface InputLine {
  readonly number: number;
  readonly text: string | undefined;
}

/** No link is longer; a file without line ends must not fill the memory. */
const longestLine = 65_536;

/** The lines of a stream in UTF-8, with LF or CRLF, as they come. */
export async function* inputLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<InputLine> {
  const decoder = new TextDecoder('utf-8');
  let number = 1;
  let begun = '';
  let tooLong = false;
  for await (const bytes of stream) {
    const text = typeof bytes === 'string' ? bytes : decoder.decode(bytes, { stream: true });
    const [first = '', ...others] = text.split('\n');
    let line = begun + first;
    for (const next of others) {
      yield lineOf(number, line, tooLong);
      number += 1;
      tooLong = false;
      line = next;
    }
    tooLong ||= line.length > longestLine;
    begun = tooLong ? '' : line;
  }
  const last = begun + decoder.decode();
  if (last !== '' || tooLong) yield lineOf(number, last, tooLong);
}

function lineOf(number: number, text: string, tooLong: boolean): InputLine {
  if (tooLong || text.length > longestLine) return { number, text: undefined };
  return { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
}

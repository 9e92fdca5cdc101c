/** How many columns of a terminal a text takes. */
export type Measure = (text: string) => number;

/** Printable ASCII, the only text whose width is its length. */
const plain = /^[\x20-\x7e]*$/;

/**
 * A measure that holds for these texts. The real one knows every script and emoji and takes 60 ms to
 * load, so it is loaded only where one of them needs it.
 */
export async function measureFor(texts: readonly string[]): Promise<Measure> {
  return texts.every((text) => plain.test(text)) ? (text) => text.length : anyMeasure();
}

/** The measure for all texts, also those that are not known yet. */
export async function anyMeasure(): Promise<Measure> {
  const { default: stringWidth } = await import('string-width');
  return (text) => (plain.test(text) ? text.length : stringWidth(text));
}

/** `text` cut at its end to at most `columns`, with a mark where something is missing. */
export function cutEnd(text: string, columns: number, measure: Measure, mark = '…'): string {
  if (measure(text) <= columns) return text;
  const room = columns - measure(mark);
  return room < 0 ? '' : takeStart(text, room, measure) + mark;
}

/** `text` cut in its middle, so that a name keeps its beginning and its extension. */
export function cutMiddle(text: string, columns: number, measure: Measure, mark = '…'): string {
  if (measure(text) <= columns) return text;
  const room = columns - measure(mark);
  if (room < 6) return cutEnd(text, columns, measure, mark);
  const end = takeEnd(text, Math.floor(room / 3), measure);
  return takeStart(text, room - measure(end), measure) + mark + end;
}

/** `text` filled with spaces to `columns`; longer ones stay. */
export function pad(text: string, columns: number, measure: Measure, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, columns - measure(text)));
  return align === 'left' ? text + space : space + text;
}

let segmenter: Intl.Segmenter | undefined;

/** The segmenter takes 20 ms to make, and most texts are never cut. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

function takeStart(text: string, columns: number, measure: Measure): string {
  let taken = '';
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    used += measure(segment);
    if (used > columns) break;
    taken += segment;
  }
  return taken;
}

function takeEnd(text: string, columns: number, measure: Measure): string {
  const segments = Array.from(graphemesOf(text), ({ segment }) => segment);
  let taken = '';
  let used = 0;
  for (const segment of segments.reverse()) {
    used += measure(segment);
    if (used > columns) break;
    taken = segment + taken;
  }
  return taken;
}

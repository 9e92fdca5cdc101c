/** A bar's look: block characters with eighths, or plain ASCII. */
export type BarStyle = 'blocks' | 'ascii';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;
/** How much of the bar the wandering block takes while the size is unknown. */
const wanderingShare = 5;

/**
 * The two parts of a bar, together exactly `width` columns: what is done, and what is left. Two,
 * so that a terminal may colour them differently; a plain one joins them.
 *
 * `fraction` 0 to 1. The bar is full only at 1, and not empty once something is there.
 */
export function barParts(
  fraction: number,
  width: number,
  style: BarStyle,
): { readonly done: string; readonly left: string } {
  const columns = Math.max(0, Math.floor(width));
  const share = Math.min(1, Math.max(0, Number.isFinite(fraction) ? fraction : 0));
  if (style === 'ascii') return asciiParts(share, columns);
  const steps = share > 0 ? Math.max(1, Math.floor(share * columns * 8)) : 0;
  const full = Math.min(columns, Math.floor(steps / 8));
  const done = '█'.repeat(full) + (full < columns ? eighths[steps % 8] : '');
  return { done, left: '░'.repeat(columns - [...done].length) };
}

/**
 * A bar of unknown length: a block that wanders to and fro, one column a `tick`. Three parts,
 * together exactly `width` columns.
 */
export function wanderingParts(
  tick: number,
  width: number,
  style: BarStyle,
): { readonly before: string; readonly block: string; readonly after: string } {
  const columns = Math.max(0, Math.floor(width));
  const size = Math.min(columns, Math.max(1, Math.floor(columns / wanderingShare)));
  const way = columns - size;
  const turn = way === 0 ? 0 : Math.abs(Math.floor(tick)) % (2 * way);
  const at = turn <= way ? turn : 2 * way - turn;
  const [empty, full] = style === 'ascii' ? ['-', '#'] : ['░', '█'];
  return { before: empty.repeat(at), block: full.repeat(size), after: empty.repeat(way - at) };
}

function asciiParts(share: number, columns: number): { readonly done: string; readonly left: string } {
  const full = Math.floor(share * columns);
  const head = share > 0 && full < columns ? '>' : '';
  return { done: '='.repeat(full) + head, left: '-'.repeat(columns - full - head.length) };
}

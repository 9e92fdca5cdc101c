import { cutMiddle, type Measure, pad } from './measure.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Gives way when the table is too wide for its place; at most one column. */
  readonly shrinks?: boolean;
}

/** A cell: its plain text, and how it is painted once it has its width. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const gap = '  ';
const leastShrunk = 8;

/**
 * The lines of a table with its heading, none wider than `columns` as long as the one column that
 * shrinks keeps 8; without trailing spaces.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  fit: { readonly columns: number; readonly measure: Measure; readonly ellipsis: string },
): string[] {
  const widths = widthsOf(columns, rows, fit);
  const heading = columns.map(({ title }): Cell => ({ text: title }));
  const last = columns.length - 1;
  return [heading, ...rows].map((row) =>
    row.map((cell, n) => drawn(cell, { ...columns[n], width: widths[n] ?? 0, open: n === last }, fit)).join(gap),
  );
}

function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  fit: { readonly columns: number; readonly measure: Measure },
): number[] {
  const natural = columns.map(({ title }, n) =>
    rows.reduce((width, row) => Math.max(width, fit.measure(row[n]?.text ?? '')), title.length),
  );
  const whole = natural.reduce((sum, width) => sum + width, gap.length * (columns.length - 1));
  const excess = whole - fit.columns;
  if (excess <= 0) return natural;
  return natural.map((width, n) =>
    columns[n]?.shrinks ? Math.min(width, Math.max(leastShrunk, width - excess)) : width,
  );
}

function drawn(
  cell: Cell,
  place: { readonly align?: 'left' | 'right'; readonly width: number; readonly open: boolean },
  fit: { readonly measure: Measure; readonly ellipsis: string },
): string {
  const cut = cutMiddle(cell.text, place.width, fit.measure, fit.ellipsis);
  const text = place.open && place.align !== 'right' ? cut : pad(cut, place.width, fit.measure, place.align);
  return cell.paint ? cell.paint(text) : text;
}

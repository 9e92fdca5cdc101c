import { styleText } from 'node:util';
import type { BarStyle } from '../downloads/bar.ts';
import type { Status } from '../downloads/states.ts';

type Paint = 'good' | 'bad' | 'careful' | 'busy' | 'faint' | 'strong';

/** How things look: colours or none, Unicode or ASCII. Colour never carries a meaning alone. */
export interface Look {
  readonly bar: BarStyle;
  readonly ellipsis: string;
  /** Between facts of one line. */
  readonly dot: string;
  readonly arrow: string;
  paint(paint: Paint, text: string): string;
  symbol(symbol: Status | 'warning' | 'note'): string;
}

/** `colour`: escape sequences are understood and wanted. `unicode`: the locale can show more than ASCII. */
export function lookOf(able: { readonly colour: boolean; readonly unicode: boolean }): Look {
  const paint = (kind: Paint, text: string): string =>
    able.colour && text !== '' ? styleText(colours[kind], text, { validateStream: false }) : text;
  return {
    bar: able.unicode ? 'blocks' : 'ascii',
    ellipsis: able.unicode ? '…' : '...',
    dot: able.unicode ? '·' : '-',
    arrow: able.unicode ? '→' : '->',
    paint,
    symbol: (symbol) => paint(symbols[symbol].paint, able.unicode ? symbols[symbol].unicode : symbols[symbol].ascii),
  };
}

const colours = {
  good: 'green',
  bad: 'red',
  careful: 'yellow',
  busy: 'cyan',
  faint: 'gray',
  strong: 'bold',
} as const satisfies Record<Paint, Parameters<typeof styleText>[0]>;

/** One column each, in every font that terminals use. */
const symbols: Readonly<
  Record<Status | 'warning' | 'note', { readonly unicode: string; readonly ascii: string; readonly paint: Paint }>
> = {
  pending: { unicode: '○', ascii: '.', paint: 'faint' },
  downloading: { unicode: '↓', ascii: '>', paint: 'busy' },
  processing: { unicode: '↻', ascii: '*', paint: 'busy' },
  retrying: { unicode: '↺', ascii: '~', paint: 'careful' },
  paused: { unicode: '‖', ascii: '=', paint: 'careful' },
  completed: { unicode: '✔', ascii: '+', paint: 'good' },
  failed: { unicode: '✖', ascii: 'x', paint: 'bad' },
  cancelled: { unicode: '⊘', ascii: '-', paint: 'faint' },
  cleaned: { unicode: '◌', ascii: 'o', paint: 'faint' },
  warning: { unicode: '!', ascii: '!', paint: 'careful' },
  note: { unicode: '·', ascii: '-', paint: 'faint' },
};

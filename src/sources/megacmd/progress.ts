/** How far mega-get says it is; bytes. */
export interface MegaProgress {
  readonly bytes: number;
  readonly totalBytes: number;
}

const units = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;
const title = 'TRANSFERRING';

/**
 * What stands at the end of a line, behind a bar that may be cut: `TRANSFERRING ||####....||(12/34 MB:  35.70 %) `. On a
 * narrow screen the figures cover the end of the title.
 */
const form =
  /^([A-Z]{0,12}) ?[|#.]{0,4096}\|\|\((\d{1,20})(?:\.\d{1,3})?\/(\d{1,20}(?:\.\d{1,3})?) {0,2}(B|KB|MB|GB|TB): {0,6}(\d{1,3}(?:\.\d{1,4})?) ?%\) *$/;

/** One line of what MEGAcmd prints (`printPercentageLineCerr` of its source); undefined where it tells no progress. Pure. */
export function progressOf(line: string): MegaProgress | undefined {
  const [, word = '', , total = '', unit = '', percent = ''] = form.exec(line) ?? [];
  if (percent === '' || !title.startsWith(word)) return undefined;
  const fraction = Number(percent) / 100;
  const totalBytes = Math.round(Number(total) * units[unit as keyof typeof units]);
  if (fraction > 1 || !Number.isSafeInteger(totalBytes)) return undefined;
  return { bytes: Math.round(totalBytes * fraction), totalBytes };
}

/** Longer lines are no progress, and are not kept, characters. */
const longest = 8192;

/** Reads what comes in portions of any size; lines end with CR, LF or both. */
export class LineReader {
  readonly #onLine: (line: string) => void;
  #begun = '';
  #isTooLong = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(portion: string): void {
    const [first = '', ...others] = portion.split(/[\r\n]/);
    let line = this.#begun + first;
    for (const next of others) {
      this.#tell(line);
      line = next;
    }
    this.#isTooLong ||= line.length > longest;
    this.#begun = this.#isTooLong ? '' : line;
  }

  end(): void {
    this.#tell(this.#begun);
    this.#begun = '';
  }

  #tell(line: string): void {
    if (!this.#isTooLong && line !== '' && line.length <= longest) this.#onLine(line);
    this.#isTooLong = false;
  }
}

/** One line without its end, counted from 1; without text where it was too long to be held. */
export interface Line {
  readonly number: number;
  readonly text: string | undefined;
}

/** Rows are shorter; something longer is damage, and is not held in memory. */
const longestLine = 4 << 20;

/** Cuts a text that comes in pieces into lines. */
export class LineSplitter {
  #number = 0;
  #open = '';
  #tooLong = false;

  push(text: string): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.#keep(text.slice(from, end));
      lines.push(this.#line());
      from = end + 1;
    }
    this.#keep(text.slice(from));
    return lines;
  }

  /** The last line, where it has no end. */
  end(): Line[] {
    return this.#open === '' && !this.#tooLong ? [] : [this.#line()];
  }

  #keep(text: string): void {
    if (this.#tooLong) return;
    this.#open += text;
    if (this.#open.length <= longestLine) return;
    this.#open = '';
    this.#tooLong = true;
  }

  #line(): Line {
    this.#number += 1;
    const text = this.#tooLong ? undefined : this.#open.replace(/\r$/, '');
    this.#open = '';
    this.#tooLong = false;
    return { number: this.#number, text };
  }
}

/** Cuts text that comes in pieces into lines; what is longer than `most` characters is cut off. */
export class LineReader {
  readonly #most: number;
  readonly #take: (line: string) => void;
  #rest = '';

  constructor(most: number, take: (line: string) => void) {
    this.#most = most;
    this.#take = take;
  }

  push(text: string): void {
    const lines = `${this.#rest}${text}`.split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? '').slice(0, this.#most);
    for (const line of lines) this.#take(line);
  }

  /** The last line, if it has no end. */
  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
    this.#rest = '';
  }
}

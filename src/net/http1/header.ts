/** One header line; the name as it is to be sent, the value without surrounding white space. */
export type Header = readonly [name: string, value: string];

/** RFC 9110 section 5.6.2. */
export const tokenPattern: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Header fields as they were received: names without case, repeated lines kept in order. */
export class HeaderFields {
  readonly #lines = new Map<string, string[]>();

  add(name: string, value: string): void {
    const key = name.toLowerCase();
    const lines = this.#lines.get(key);
    if (lines) lines.push(value);
    else this.#lines.set(key, [value]);
  }

  /** The first line of that name; for fields that are not lists. */
  get(name: string): string | undefined {
    return this.#lines.get(name.toLowerCase())?.[0];
  }

  /** All lines of that name, in order; for `Set-Cookie`, which cannot be joined. */
  lines(name: string): readonly string[] {
    return this.#lines.get(name.toLowerCase()) ?? [];
  }

  /** Members of a comma-separated field over all its lines, in order; quoted commas are not understood. */
  members(name: string): string[] {
    const lines = this.#lines.get(name.toLowerCase()) ?? [];
    return lines
      .join(',')
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '');
  }

  has(name: string): boolean {
    return this.#lines.has(name.toLowerCase());
  }
}

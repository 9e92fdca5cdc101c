/** What a netrc file says for a machine. */
export interface Login {
  readonly login: string;
  readonly password: string;
}

/**
 * The user name and password that a netrc file has for `host`: of its first `machine` of that name, else
 * of `default` (not for a host that a redirect chose: it is `named` by nobody); undefined where it has none. As curl reads it (curl's `.netrc` page): tokens apart by
 * white space, quotes with backslashes, `#` begins a comment, `macdef` lasts to the next empty line. Such
 * a reader is a few lines, and none of the packages for it is kept well. Pure; never throws.
 */
export function loginFor(netrc: string, host: string, named = true): Login | undefined {
  let current: { name: string | undefined; login?: string; password?: string } | undefined;
  const found: Login[] = [];
  const fallback: Login[] = [];
  const close = (): void => {
    const { name, login = '', password = '' } = current ?? { name: '' };
    if (current && (login !== '' || password !== '')) {
      if (name === undefined) fallback.push({ login, password });
      else if (name.toLowerCase() === host.toLowerCase()) found.push({ login, password });
    }
    current = undefined;
  };
  const tokens = tokensOf(netrc)[Symbol.iterator]();
  for (const token of tokens) {
    const next = (): string => tokens.next().value ?? '';
    if (token === 'machine') {
      close();
      current = { name: next() };
    } else if (token === 'default') {
      close();
      current = { name: undefined };
    } else if (token === 'login' && current) current.login = next();
    else if (token === 'password' && current) current.password = next();
    else if (token === 'account') next();
  }
  close();
  return found[0] ?? (named ? fallback[0] : undefined);
}

function* tokensOf(netrc: string): Generator<string> {
  let inMacro = false;
  for (const line of netrc.split(/\r?\n/)) {
    if (inMacro) {
      inMacro = line.trim() !== '';
      continue;
    }
    for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"|(#.*)|(\S+)/g)) {
      const [, quoted, comment, bare] = match;
      if (comment !== undefined) break;
      if (bare === 'macdef') {
        inMacro = true;
        break;
      }
      yield quoted === undefined
        ? (bare ?? '')
        : quoted.replaceAll(/\\(.)/g, (_all, letter: string) => escapes[letter] ?? letter);
    }
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

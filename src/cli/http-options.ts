import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DownloadOptions } from '../downloads/download.ts';
import { parseFingerprint } from '../net/fingerprint.ts';
import { parseProxy } from '../net/proxy.ts';
import { UsageError } from './explain.ts';
import { header, headerText } from './options.ts';
import type { Context } from './verb.ts';

/** How the other side is asked: what `get` and `add` take beside links and places. */
export interface HttpOptions {
  readonly header?: readonly string[];
  readonly userAgent?: string;
  readonly referer?: string;
  /** Only the name. */
  readonly user?: string;
  readonly passwordFile?: string;
  readonly bearer?: boolean;
  readonly bearerFile?: string;
  readonly netrc?: boolean;
  readonly netrcFile?: string;
  readonly cookies?: string;
  readonly proxy?: string;
  readonly fingerprint?: string;
}

/** Never on the command line, where every user of the machine could read them. */
const passwordVariable = 'LONGHAUL_PASSWORD';
const bearerVariable = 'LONGHAUL_BEARER';

export function addHttpOptions(command: Command): Command {
  return command
    .option('-H, --header <name: value>', 'send this header (repeatable)', header)
    .option('-A, --user-agent <text>', 'send this User-Agent', headerText)
    .option('-e, --referer <link>', 'send this Referer', headerText)
    .option('-u, --user <name>', `log in; the password is asked for, or in ${passwordVariable}`)
    .option('--password-file <file>', 'read the password for --user from the first line of this file')
    .option('--bearer', `send a bearer token; it is asked for, or in ${bearerVariable}`)
    .option('--bearer-file <file>', 'send the bearer token in the first line of this file')
    .option('-n, --netrc', 'take user names and passwords from ~/.netrc')
    .option('--netrc-file <file>', 'take them from this netrc file')
    .option('--cookies <file>', 'send the cookies of this Netscape cookie file where they belong')
    .option('--proxy <url>', 'go through http://HOST:PORT or socks5://HOST:PORT; none: through no proxy')
    .option('--fingerprint <sha256/…>', "the key that the link's host must show; nothing else is asked of it");
}

/** As they are stored with the download. Reads secrets from where they were said to be. Throws `UsageError`. */
export async function httpOptions(options: HttpOptions, context: Context): Promise<DownloadOptions> {
  const { header: headers, userAgent, referer } = options;
  const user = options.user === undefined ? undefined : userName(options.user);
  const proxy = options.proxy === undefined ? undefined : proxyText(options.proxy);
  const fingerprint = options.fingerprint === undefined ? undefined : pin(options.fingerprint);
  if (options.passwordFile !== undefined && user === undefined) {
    throw new UsageError('--password-file needs --user NAME');
  }
  const bearer =
    options.bearerFile !== undefined
      ? await firstLine(context, '--bearer-file', options.bearerFile)
      : options.bearer
        ? await secret(context, bearerVariable, 'Bearer token: ', '--bearer-file FILE')
        : undefined;
  if (user !== undefined && bearer !== undefined) {
    throw new UsageError('--user and a bearer token exclude each other; give one of them');
  }
  const password = user === undefined ? undefined : await passwordOf(options, user, context);
  const given = {
    headers,
    userAgent,
    referer,
    user,
    password,
    bearer,
    netrcFile: await netrcOf(options, context),
    cookieFile: options.cookies === undefined ? undefined : await existing(context, '--cookies', options.cookies),
    proxy,
    fingerprint,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function passwordOf(options: HttpOptions, user: string, context: Context): Promise<string> {
  return options.passwordFile !== undefined
    ? firstLine(context, '--password-file', options.passwordFile)
    : secret(context, passwordVariable, `Password of ${user}: `, '--password-file FILE');
}

async function netrcOf(options: HttpOptions, context: Context): Promise<string | undefined> {
  if (options.netrcFile !== undefined) return existing(context, '--netrc-file', options.netrcFile);
  if (!options.netrc) return undefined;
  const { home } = (await context.config()).paths;
  if (home === undefined) throw new UsageError('--netrc: no home folder is known (HOME is not set); use --netrc-file');
  return existing(context, '--netrc', resolve(home, '.netrc'));
}

async function secret(context: Context, variable: string, question: string, otherwise: string): Promise<string> {
  const given = context.variable(variable) ?? (await context.askSecret(question));
  if (given === undefined) {
    throw new UsageError(`nobody is here to be asked for it: set ${variable}, or use ${otherwise}`);
  }
  return usable(given, question.replace(/: $/, ''));
}

async function firstLine(context: Context, flag: string, file: string): Promise<string> {
  const path = await existing(context, flag, file);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${flag}: ${path} cannot be read (${error.code ?? error.message})`);
  });
  return usable(text.split(/\r?\n/, 1)[0] ?? '', `the first line of ${path}`);
}

/** Absolute; there must be something that can be a file. */
async function existing(context: Context, flag: string, file: string): Promise<string> {
  const path = resolve(context.currentFolder(), file);
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new UsageError(`${flag}: there is no file ${path}`);
  if (facts.isDirectory()) throw new UsageError(`${flag}: ${path} is a folder; name a file`);
  return path;
}

function usable(text: string, what: string): string {
  if (text === '') throw new UsageError(`${what} is empty`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header must not contain them
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new UsageError(`${what} contains control characters`);
  return text;
}

/** RFC 7617: a user name has no colon. What was typed is not repeated: it may hold the password. */
function userName(text: string): string {
  if (text.includes(':')) {
    throw new UsageError(
      '--user: write only the name, since others can read the command line; the password is asked for',
    );
  }
  return usable(text, '--user');
}

function proxyText(text: string): string {
  understood('--proxy', () => parseProxy(text));
  return text.trim();
}

function pin(text: string): string {
  return understood('--fingerprint', () => parseFingerprint(text));
}

function understood<T>(flag: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(`${flag}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

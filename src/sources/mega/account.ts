import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Disk } from '../../disk/disk.ts';
import { passwordIn } from '../../disk/password-file.ts';
import { Failure } from '../../downloads/failure.ts';
import type { Log } from '../../log/log.ts';
import { type Asking, type ExchangeParts, exchange } from './exchange.ts';
import { secondFactor } from './totp.ts';

/** Lets in without the password. */
export interface Account {
  /** The kept session, or a new one; asked for many times at once it logs in once. Throws `Failure`. */
  session(asking: Asking): Promise<string>;
  /** It is no longer good. */
  forget(session: string | undefined): Promise<void>;
}

export interface AccountParts extends ExchangeParts {
  readonly disk: Disk;
  readonly log: Log;
  /** Where the session is kept, 0600: a code of a second factor is good for one login only. */
  readonly sessionFile: string;
}

/**
 * What is kept: nothing that opens a file of the account, only the name of the session. `of` tells for which
 * account and server, without naming them.
 */
const kept = z.object({ of: z.string(), session: z.string().min(20) });
const sessionMode = 0o600;

/** Undefined where no account is configured. */
export function accountOf(parts: AccountParts): Account | undefined {
  const { email, gateway } = parts.config.mega;
  if (email === undefined) return undefined;
  const of = createHash('sha256')
    .update(JSON.stringify([gateway, email.toLowerCase()]))
    .digest('hex');
  const refused = new Set<string>();
  let pending: Promise<string> | undefined;
  return {
    session(asking) {
      pending ??= begin(asking);
      return pending;
    },
    async forget(session) {
      if (session !== undefined) refused.add(session);
      pending = undefined;
    },
  };

  async function begin(asking: Asking): Promise<string> {
    try {
      const known = await keptSession(parts, of);
      if (known !== undefined && !refused.has(known)) return known;
      const session = await logIn(parts, email ?? '', asking);
      await keep(parts, { of, session });
      return session;
    } catch (error) {
      pending = undefined;
      throw error;
    }
  }
}

async function keptSession({ disk, sessionFile }: AccountParts, of: string): Promise<string | undefined> {
  const text = await disk.readText(sessionFile).catch(() => undefined);
  const { data } = kept.safeParse(text === undefined ? undefined : parsed(text));
  return data?.of === of ? data.session : undefined;
}

/** One that cannot be written down serves this process all the same. */
async function keep({ disk, sessionFile, log }: AccountParts, what: z.infer<typeof kept>): Promise<void> {
  try {
    await disk.makeDirectory(dirname(sessionFile));
    await disk.writeText(sessionFile, JSON.stringify(what), sessionMode);
  } catch (error) {
    log.warn({ error, sessionFile }, 'the session at MEGA cannot be kept; the next process has to log in again');
  }
}

async function logIn(parts: AccountParts, email: string, asking: Asking): Promise<string> {
  const { Storage } = await import('megajs');
  const { gateway, totp } = parts.config.mega;
  const password = await passwordOf(parts);
  const code = totp === undefined ? {} : { secondFactorCode: secondFactor(totp, parts.clock.now()) };
  return exchange(
    parts,
    asking,
    (number) => loginFailure(number, totp),
    (fetch) => {
      const own = { email, password, gateway, fetch, ...code, keepalive: false, autoload: false, autologin: false };
      const storage = new Storage(own as ConstructorParameters<typeof Storage>[0]);
      return {
        answer: storage.login().then(() => sessionOf(storage)),
        end: () => storage.api.close(),
      };
    },
  );
}

function sessionOf(storage: object): string {
  const session: unknown = Reflect.get(storage, 'sid');
  if (typeof session !== 'string') throw new Failure('protocol', 'MEGA logged in without giving a session');
  return session;
}

async function passwordOf({ config, disk }: AccountParts): Promise<string> {
  const { password, password_file: file } = config.mega;
  return file === undefined ? (password ?? '') : passwordIn(disk, file, 'mega.password_file');
}

/** What an error number means where an account logs in. Pure. */
export function loginFailure(code: number, totp: string | undefined): Failure {
  switch (code) {
    case -2:
    case -9:
      return new Failure('refused', 'MEGA does not know mega.email with this password; correct them');
    case -26:
      if (totp !== undefined) return wrongCode();
      return new Failure(
        'refused',
        'the MEGA account wants its second factor: set mega.totp to a code or to the key of codes',
      );
    case -5:
    case -8:
    case -10:
      return wrongCode();
    case -6:
      return new Failure('rate_limit', 'MEGA refuses logins of the account for now: there were too many in vain');
    case -13:
      return new Failure('refused', 'the MEGA account is not confirmed yet; follow the link in the mail from MEGA');
    case -16:
      return new Failure('refused', 'MEGA has blocked the account of mega.email; remove it to go on without one');
    default:
      return new Failure('server', `MEGA answers the login with trouble on its side (${code})`);
  }
}

function wrongCode(): Failure {
  return new Failure(
    'refused',
    'MEGA does not accept the second factor (mega.totp): a code is good once and for half a minute; set a new one',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

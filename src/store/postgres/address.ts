import { StoreFailure } from '../store.ts';

/** Where a database is, for a person: never with its password. */
export interface Address {
  readonly host: string;
  readonly port: string;
  readonly database: string;
  /** Empty: the one of the operating system. */
  readonly user: string;
  /** The whole link. */
  readonly link: string;
}

const allowed = 'such as postgres://HOST:5432/DATABASE, with USER:PASSWORD@ before the host';

/** These words promise less than they do here: a certificate is always looked at (the client would say so at length). */
const weakTls = /([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/;

/** Reads a link such as `postgres://user@host/database`. Throws `StoreFailure`, which does not show what was written. */
export function addressOf(link: string, key: string): Address {
  const wrong = (why: string) => new StoreFailure(`${key} ${why}; set it to an address ${allowed}`);
  if (!/^postgres(?:ql)?:\/\//i.test(link)) throw wrong('is not the address of a PostgreSQL database');
  const url = URL.parse(link);
  if (!url) throw wrong('cannot be read (a password with special characters must be percent-encoded)');
  if (url.pathname.length < 2) throw wrong('names no database');
  try {
    return {
      host: url.searchParams.get('host') ?? url.hostname.replace(/^$/, 'localhost'),
      port: url.port === '' ? '5432' : url.port,
      database: decodeURIComponent(url.pathname.slice(1)),
      user: decodeURIComponent(url.username),
      link: link.replace(weakTls, '$1verify-full'),
    };
  } catch {
    throw wrong('cannot be read (a percent sign must be written as %25)');
  }
}

/** `host:5432/database` */
export function placeOf({ host, port, database }: Address): string {
  return `${host}:${port}/${database}`;
}

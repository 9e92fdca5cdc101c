import { NotPossible, StoreFailure } from '../store.ts';
import { type Address, placeOf } from './address.ts';

/**
 * What a failed question means: `conflict`: another transaction was in the way, ask again; `away`: nobody is there who
 * could answer, which passes; `refused`: asking again does not help.
 */
export type Verdict = 'conflict' | 'away' | 'refused';

/** Everything that a connection throws, so that it is never taken for what an operation throws. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly verdict: Verdict;

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.verdict = verdictOf(cause);
  }
}

/** Trouble of our own making that is over when the transaction is begun again. */
export function conflict(message: string): Trouble {
  return new Trouble(Object.assign(new Error(message), { code: '40001', severity: 'ERROR' }));
}

/** SQLSTATEs, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const conflicts = new Set(['40001', '40P01', '55P03', '57014', '23505', '0A000', '26000']);
const aways = /^(?:08|57P|53|25006|25P0[23])/;
/** The server was reached, and says no: these do not pass by themselves. */
const finals = new Set(['53100', '57P04']);
const hopeless = new Set(['ENOTFOUND', 'EACCES', 'EPERM']);
/** What says that the certificate is not believed, or that there is none. */
const tls = /certificate|self.signed|SSL|altnames/i;

function verdictOf(thrown: unknown): Verdict {
  const code = codeOf(thrown);
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && isAnswer(thrown)) {
    if (conflicts.has(code)) return 'conflict';
    return aways.test(code) && !finals.has(code) ? 'away' : 'refused';
  }
  if (code !== undefined && hopeless.has(code)) return 'refused';
  return tls.test(messageOf(thrown)) || /password/i.test(messageOf(thrown)) ? 'refused' : 'away';
}

/** What was thrown, as a `StoreFailure` with one sentence where the database threw it; anything else as it is. */
export function serverFailureOf(thrown: unknown, address: Address): unknown {
  if (!(thrown instanceof Trouble) || thrown instanceof StoreFailure || thrown instanceof NotPossible) return thrown;
  const code = codeOf(thrown.cause);
  return new StoreFailure(sentenceOf(thrown.cause, code, address), { cause: thrown.cause, full: code === '53100' });
}

function sentenceOf(thrown: unknown, code: string | undefined, address: Address): string {
  const { host, port, database } = address;
  const place = placeOf(address);
  const user = address.user === '' ? 'this user' : `the user ${address.user}`;
  const check = 'check database.url (LONGHAUL_DATABASE_URL)';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the database server ${host} is not known: ${check} and the network`;
    case 'ECONNREFUSED':
      return `nothing answers at ${host}:${port}: start the database server, or ${check}`;
    case '28P01':
    case '28000':
      return `the database ${place} does not let ${user} in: ${check}, its password, and the server's pg_hba.conf`;
    case '3D000':
      return `there is no database ${database} on ${host}:${port}: create it, or ${check}`;
    case '3F000':
    case '42501':
      return `${user} may not do what Longhaul needs in the database ${place}: ${ownerHint}`;
    case '25006':
      return `the database ${place} can only be read now (is it a standby?): it goes on when it can be written again`;
    case '53100':
      return `the disk of the database ${place} is full: free some space, then try again`;
    case '53300':
      return `the database ${place} has no connection left: raise max_connections, or stop other programs that use it`;
    default:
      return otherSentence(thrown, code, place);
  }
}

/** What to do where rights are missing. */
export const ownerHint = 'run any longhaul command once with LONGHAUL_DATABASE_OWNER_URL (see docs/postgresql.md)';

function otherSentence(thrown: unknown, code: string | undefined, place: string): string {
  const said = messageOf(thrown).replaceAll(/\s+/g, ' ');
  if (verdictOf(thrown) === 'away')
    return `the database ${place} does not answer (${said}): look at its server, then try again`;
  if (tls.test(said))
    return `the connection to the database ${place} is not safe (${said}): check sslmode and sslrootcert in database.url`;
  return `the database ${place} refused (${said}${code === undefined ? '' : `, ${code}`})`;
}

/** An answer of the server, and no failure of the way to it. */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && 'severity' in thrown;
}

function codeOf(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError) return codeOf(thrown.errors[0]);
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') return messageOf(thrown.errors[0]);
  return thrown instanceof Error ? thrown.message : String(thrown);
}

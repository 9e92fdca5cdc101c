import type { Log } from '../../log/log.ts';
import type { Clock } from '../../time/clock.ts';
import type { ExaminedServer } from '../examine.ts';
import { newestSchema } from '../migrations/list.ts';
import type { OpenedStore } from '../open.ts';
import { operationsOn } from '../operations.ts';
import type { Store } from '../store.ts';
import { createWake } from '../wake.ts';
import { type Address, addressOf, placeOf } from './address.ts';
import { serverDatabase } from './database.ts';
import { Trouble } from './failure.ts';
import { createLedger } from './ledger.ts';
import { listen } from './listen.ts';
import { createPatience, type Patience } from './patience.ts';
import { migrate, refuseSchema, type SchemaState, schemaAt } from './schema.ts';
import { type Limits, openSessions, usualLimits } from './session.ts';
import { createTimes } from './times.ts';

export interface ServerOptions {
  /** `postgres://…`; what it names is a secret. */
  readonly url: string;
  /** Of a role that may make tables; left out: `url` is tried. */
  readonly ownerUrl?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an operation waits for a server that is away, ms; 15 s when left out. */
  readonly patience?: number;
  readonly limits?: Limits;
  /** Called once when the open database has not answered for a second, and once when it answers again. */
  onOutage?(isAway: boolean): void;
}

const defaultPatience = 15_000;
/** How long the first connection is waited for, ms: whoever is not there yet is told so soon. */
const openingPatience = 3000;

/**
 * Opens the store on a PostgreSQL database, making or migrating its tables where the rights allow it. Throws
 * `StoreFailure` with one sentence when it cannot be used.
 */
export async function openServerStore(options: ServerOptions): Promise<OpenedStore> {
  const { clock, log, patience = defaultPatience, limits = usualLimits } = options;
  const address = addressOf(options.url, 'database.url');
  const owner = options.ownerUrl === undefined ? address : addressOf(options.ownerUrl, 'database.owner_url');
  const times = createTimes(clock);
  const opening = createPatience(address, { clock, log, patience: Math.min(patience, openingPatience) });
  const owning = createPatience(owner, { clock, log, patience: Math.min(patience, openingPatience) });
  times.learn((await usableSchema(address, owner, opening, owning)).now, times.monotonic());

  const sessions = openSessions(address, times, limits);
  const { onOutage } = options;
  const waiting = createPatience(address, { clock, log, patience, ...(onOutage ? { onOutage } : {}) });
  const ledger = createLedger(sessions, waiting);
  const database = serverDatabase(sessions, ledger, waiting);
  const seen = await ledger.others().catch(async (error: unknown) => {
    await sessions.close();
    throw error;
  });
  const wake = createWake({
    own: database.onWrite,
    others: (tell) => listen({ address, clock, writer: ledger.writer, seen }, tell),
    log,
  });
  const close = async () => {
    wake.close();
    waiting.close();
    await sessions.close();
  };
  const store: Store = { ...operationsOn(database), kind: 'server', onChange: wake.onChange, close };
  return { store, warnings: [], backupIfDue: async () => undefined };
}

/** What the server says of itself. Throws `StoreFailure` where the database cannot be used. */
export async function examineServer(options: Omit<ServerOptions, 'ownerUrl' | 'onOutage'>): Promise<ExaminedServer> {
  const { url, clock, log, patience = openingPatience } = options;
  const address = addressOf(url, 'database.url');
  const state = await createPatience(address, { clock, log, patience }).patiently(() => schemaAt(address));
  if (!state.readable || state.version > newestSchema) refuseSchema(state, address);
  return { place: placeOf(address), postgres: state.server, schema: state.version, now: state.now };
}

async function usableSchema(
  address: Address,
  owner: Address,
  opening: Patience,
  owning: Patience,
): Promise<SchemaState> {
  const found = await opening.patiently(() => schemaAt(address));
  if (found.readable && found.version >= newestSchema) {
    refuseSchema(found, address);
    return found;
  }
  try {
    await owning.patiently(() => migrate(owner, address.user).catch(explained));
  } catch (error) {
    if (!(error instanceof NotTheOwner)) throw error;
    refuseSchema(found, address);
  }
  const migrated = await opening.patiently(() => schemaAt(address));
  refuseSchema(migrated, address);
  return migrated;
}

/** Rights that are missing are told with what they are needed for. */
class NotTheOwner extends Error {}

/** SQLSTATEs: not allowed; no schema in which this role may make tables. */
const missingRights = new Set(['42501', '3F000']);

function explained(error: unknown): never {
  if (error instanceof Trouble && missingRights.has(String((error.cause as { code?: unknown }).code)))
    throw new NotTheOwner();
  throw error;
}

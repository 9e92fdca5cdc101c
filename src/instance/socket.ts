import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { makeFolder } from '../config/make-folder.ts';
import type { ProgressReport } from '../downloads/events.ts';
import type { Service } from '../queue/service.ts';
import { StoreFailure } from '../store/store.ts';
import type { Clock } from '../time/clock.ts';

/** An engine that is connected to but says nothing for so long is stopped (SIGSTOP, suspended), ms. */
const answerWithin = 1000;
/** Who is cut off without a word asks so often, with this time between, ms: to close all it had open takes a process less. */
const mostAsked = 5;
const askAgain = 20;
/** Who only wants to see live figures once waits no longer, ms. */
const figuresWithin = 300;
/** How often live progress is sent to those who follow, ms. */
const progressEvery = 200;
const progressRequest = 'progress\n';
/** A line is never longer: somebody else's socket stands there. */
const longestLine = 1 << 20;

/**
 * The sign of life of an instance: a Unix socket that exists exactly as long as the process. The
 * kernel answers for it: *refused* means dead at once, with no time-out to wait for; connected but
 * silent means stopped. Whoever connects gets one line that says who is there; on the request
 * `progress` a line of live figures follows at once and several times a second (the store only knows checkpoints).
 */
export function createInstanceSocket(parts: {
  readonly path: string;
  readonly uid: string;
  readonly clock: Clock;
  reports(): readonly ProgressReport[];
  /** Who hears at once how an operation ended. */
  readonly followers: Set<(report: ProgressReport) => void>;
}): Service {
  let server: Server | undefined;
  const clients = new Set<Socket>();

  return {
    async start() {
      if (server) return;
      try {
        server = await listening(parts.path, serve);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new StoreFailure(
          `no sign of life can be given in ${dirname(parts.path)} (${why}): make the folder writable for this user, or set LONGHAUL_HOME to another one`,
          { cause: error },
        );
      }
    },
    async stop() {
      const closing = server;
      server = undefined;
      if (!closing) return;
      for (const client of clients) client.destroy();
      await new Promise((resolve) => closing.close(resolve));
      await unlink(parts.path).catch(() => {});
    },
  };

  function serve(client: Socket): void {
    clients.add(client);
    client.unref();
    let stopReports: (() => void) | undefined;
    client.on('error', () => client.destroy());
    const tellEnd = (report: ProgressReport) => client.write(`${JSON.stringify([report])}\n`);
    client.on('close', () => {
      stopReports?.();
      parts.followers.delete(tellEnd);
      clients.delete(client);
    });
    client.on('data', (data) => {
      if (data.toString() !== progressRequest) return;
      parts.followers.add(tellEnd);
      const tellAll = () => {
        if (client.writableLength === 0) client.write(`${JSON.stringify(parts.reports())}\n`);
      };
      stopReports ??= parts.clock.every(progressEvery, tellAll);
      tellAll();
    });
    client.write(`${JSON.stringify({ longhaul: 1, uid: parts.uid, pid: process.pid })}\n`);
  }
}

/** `silent`: it cannot be asked (stopped, or its socket is gone), so its heartbeat must tell. */
export type Life = 'alive' | 'silent' | 'dead';

/**
 * Asks the socket of an instance whether it lives; takes about a second at most. A process that is being killed closes
 * one connection after the other: whoever is cut off asks again until that is over.
 */
export async function lifeAt(path: string, uid: string, clock: Clock): Promise<Life> {
  for (let asked = 1; ; asked += 1) {
    const answer = await answerAt(path, uid, clock);
    if (answer !== 'cut off') return answer;
    if (asked === mostAsked) return 'silent';
    await clock.sleep(askAgain);
  }
}

async function answerAt(path: string, uid: string, clock: Clock): Promise<Life | 'cut off'> {
  const answer = Promise.withResolvers<Life | 'cut off'>();
  const socket = connect(path);
  const timer = clock.after(answerWithin, () => answer.resolve('silent'));
  let said = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    said += text;
    if (said.includes('\n')) answer.resolve(said.includes(`"${uid}"`) ? 'alive' : 'dead');
    else if (said.length > longestLine) answer.resolve('dead');
  });
  socket.on('error', ({ code = '' }: NodeJS.ErrnoException) => {
    // A socket that is gone proves nothing: a cleaner of old files may have taken it, or it lies in another container.
    if (['ECONNREFUSED', 'ENOTSOCK'].includes(code)) answer.resolve('dead');
    else answer.resolve(['ECONNRESET', 'EPIPE'].includes(code) ? 'cut off' : 'silent');
  });
  socket.on('end', () => answer.resolve('cut off'));
  try {
    return await answer.promise;
  } finally {
    timer();
    socket.destroy();
  }
}

/** Tells the live progress of another instance until the returned function is called or it ends. */
export function followProgress(path: string, tell: (report: ProgressReport) => void): () => void {
  const socket = askProgress(path, (reports) => {
    for (const report of reports) tell(report);
  });
  return () => socket.destroy();
}

/** The live figures of another instance as they are now; none where it does not tell them at once. */
export async function progressAt(path: string, clock: Clock): Promise<readonly ProgressReport[]> {
  const answer = Promise.withResolvers<readonly ProgressReport[]>();
  const socket = askProgress(path, answer.resolve);
  socket.on('close', () => answer.resolve([]));
  const cancel = clock.after(figuresWithin, () => answer.resolve([]));
  try {
    return await answer.promise;
  } finally {
    cancel();
    socket.destroy();
  }
}

function askProgress(path: string, hear: (reports: readonly ProgressReport[]) => void): Socket {
  const socket = connect(path, () => socket.write(progressRequest));
  let rest = '';
  let greeted = false;
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) socket.destroy();
    for (const line of lines) {
      if (greeted) hear(reportsIn(line));
      greeted = true;
    }
  });
  return socket;
}

/** The other end is our own program behind a 0600 socket; a line that is no list is passed over. */
function reportsIn(line: string): readonly ProgressReport[] {
  try {
    const parsed: unknown = JSON.parse(line);
    return Array.isArray(parsed) ? (parsed as ProgressReport[]) : [];
  } catch {
    return [];
  }
}

async function listening(path: string, serve: (client: Socket) => void): Promise<Server> {
  await privateFolder(dirname(path));
  const server = createServer(serve);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', () => {});
  await chmod(path, 0o600);
  return server.unref();
}

/** 0700 and ours: a folder below /tmp could have been put there by somebody else. */
async function privateFolder(path: string): Promise<void> {
  makeFolder(path);
  const facts = await lstat(path);
  const own = process.getuid?.();
  if (!facts.isDirectory() || (own !== undefined && facts.uid !== own)) {
    throw new Error(`${path} belongs to somebody else`);
  }
  if ((facts.mode & 0o077) !== 0) await chmod(path, 0o700);
}

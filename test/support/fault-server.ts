import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { Certificate } from './certificate.ts';
import { type Behaviour, type Claims, type RecordedRequest, replyTo } from './fault-replies.ts';
import { type Pace, send } from './fault-sending.ts';
import { seededRandom } from './seeded-random.ts';

export interface FaultServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Connections that are open now. */
  readonly open: number;
  /** Resolves when none is open. */
  untilLeft(): Promise<void>;
  /** Bytes of bodies that have left so far. */
  readonly sent: number;
  /** Resolves when that many requests have come. */
  untilRequests(count: number): Promise<void>;
  /** Changes what is answered from now on. */
  script(script: Script): void;
  /** Changes what the file is from now on. */
  claim(claims: Partial<Claims>): void;
  /** Connections beyond so many are reset as soon as they come. */
  acceptAtMost(connections: number): void;
  /** Resets all connections and refuses new ones. */
  down(): Promise<void>;
  /** Listens again on the same port, from now on with this certificate where it is given. */
  up(certificate?: Certificate): Promise<void>;
  /** Ends all connections. Safe to call twice. */
  close(): Promise<void>;
}

export type Script = (request: RecordedRequest) => Behaviour;

export interface FaultServerOptions extends Partial<Claims> {
  readonly script?: Script;
  readonly certificate?: Certificate;
  /** Bytes/s of one connection; 0 (default): as fast as they go. */
  readonly rate?: number;
  /** Of the sizes of the portions in which bytes leave. */
  readonly seed?: number;
}

const honest: Script = () => ({ do: 'serve' });

/** A server on loopback that answers each request as its script says, and records it. */
export async function startFaultServer(options: FaultServerOptions = {}): Promise<FaultServer> {
  const { certificate, script: first = honest, rate = 0, seed = 1, ...given } = options;
  let claims: Claims = {
    body: new Uint8Array(0),
    etag: '"one"',
    lastModified: null,
    date: new Date().toUTCString(),
    type: 'application/octet-stream',
    ranges: true,
    ifRange: true,
    headers: [],
    ...given,
  };
  let script = first;
  let mostConnections = Number.POSITIVE_INFINITY;
  let sent = 0;
  const requests: RecordedRequest[] = [];
  const busy = new Set<Socket>();
  const waiting: { readonly count: number; readonly tell: () => void }[] = [];
  const pace: Pace = { rate, random: seededRandom(seed), sent: (bytes) => (sent += bytes) };
  const door = new Door(certificate, (socket, connection) => {
    socket.on('close', () => busy.delete(socket));
    if (door.open > mostConnections) {
      socket.resetAndDestroy();
      return;
    }
    readRequests(socket, ({ target, headers }) => {
      busy.add(socket);
      const counts = { connection, number: requests.length + 1, open: door.open, busy: busy.size };
      const request = { target, headers, ...counts };
      requests.push(request);
      for (const { count, tell } of waiting) if (requests.length >= count) tell();
      const reply = replyTo(request, script(request), claims);
      if (!reply) socket.destroy();
      else void send(socket, reply, pace).then(() => busy.delete(socket));
    });
  });
  await door.listen(0);
  const { port } = door;
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    get open() {
      return door.open;
    },
    untilLeft: () => door.untilLeft(),
    get sent() {
      return sent;
    },
    untilRequests: (count) =>
      new Promise((tell) => (requests.length >= count ? tell() : waiting.push({ count, tell }))),
    script: (next) => {
      script = next;
    },
    claim: (next) => {
      claims = { ...claims, ...next };
    },
    acceptAtMost: (connections) => {
      mostConnections = connections;
    },
    down: () => door.shut(),
    up: (next) => door.listen(port, next),
    close: () => door.shut(),
  };
}

/** Answers one after the other: each request with the next behaviour, the last one for all that follow. */
export function inTurn(...behaviours: readonly Behaviour[]): Script {
  let next = 0;
  return () => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)];
    next += 1;
    return behaviour ?? { do: 'serve' };
  };
}

/** How long a port that was ours a moment ago is asked for, ms. */
const patience = 5000;

/** Listens, counts connections, and can be shut and opened again on its port. */
class Door {
  #certificate: Certificate | undefined;
  readonly #onConnection: (socket: Socket, number: number) => void;
  readonly #sockets = new Set<Socket>();
  /** Below the secure ones, by the other side's port. */
  readonly #raw = new Map<number | undefined, Socket>();
  #server: net.Server | undefined;
  #connections = 0;
  #port = 0;

  constructor(certificate: Certificate | undefined, onConnection: (socket: Socket, number: number) => void) {
    this.#certificate = certificate;
    this.#onConnection = onConnection;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async untilLeft(): Promise<void> {
    for (const socket of this.#sockets) await new Promise((closed) => socket.once('close', closed));
  }

  get port(): number {
    return this.#port;
  }

  async listen(port: number, certificate = this.#certificate): Promise<void> {
    this.#certificate = certificate;
    const until = Date.now() + patience;
    for (;;) {
      const server = this.#create();
      try {
        await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, '127.0.0.1', resolve));
        this.#server = server;
        this.#port = (server.address() as net.AddressInfo).port;
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of [...this.#sockets, ...this.#raw.values()]) socket.destroy();
    await closed;
  }

  #create(): net.Server {
    const take = (socket: Socket): void => {
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      this.#onConnection(socket, this.#connections);
    };
    const certificate = this.#certificate;
    if (!certificate) return net.createServer(take);
    const { certText: cert, keyText: key } = certificate;
    const server = tls.createServer({ cert, key, ALPNProtocols: ['http/1.1'] }, (socket) => {
      const below = this.#raw.get(socket.remotePort);
      socket.resetAndDestroy = () => {
        below?.resetAndDestroy();
        return socket.destroy();
      };
      take(socket);
    });
    server.on('tlsClientError', () => {});
    server.on('connection', (socket: Socket) => {
      const { remotePort } = socket;
      this.#raw.set(remotePort, socket);
      socket.on('close', () => this.#raw.delete(remotePort));
    });
    return server;
  }
}

function readRequests(socket: Socket, take: (request: Pick<RecordedRequest, 'target' | 'headers'>) => void): void {
  let pending = '';
  socket.on('data', (bytes) => {
    pending += bytes.toString('latin1');
    for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
      const request = parseRequest(pending.slice(0, end));
      pending = pending.slice(end + 4);
      take(request);
    }
  });
}

function parseRequest(head: string): Pick<RecordedRequest, 'target' | 'headers'> {
  const [line = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((one): [string, string] => {
      const colon = one.indexOf(':');
      return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()];
    }),
  );
  return { target: line.split(' ')[1] ?? '', headers };
}

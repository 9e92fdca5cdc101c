import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { MutableFile } from 'megajs';
import { API, Storage } from 'megajs';
import { type LoginData, NewerAccount } from './mega-account.ts';
import { type ManyFiles, manyFiles } from './mega-many.ts';

const require = createRequire(import.meta.url);
type Mock = (options: { readonly dataFolder: string }) => Server & { readonly state: MockState };
interface MockState {
  readonly loginData: Map<string, unknown>;
  readonly users: Map<string, { files: MockNode[] }>;
  readonly shares: Map<string, MockShare>;
}

interface MockNode {
  readonly h: string;
  readonly p: string;
  s: number;
}
/** Beside these it has keys by handle. */
type MockShare = { readonly handler: string; readonly uh: string } & Readonly<Record<string, string>>;

/** A server that speaks MEGA's protocol, with an account that shares files; what it does wrong is settable. */
export interface MegaServer {
  /** For `mega.gateway`. */
  readonly gateway: string;
  /** Uploads a file and gives its link. */
  shareFile(name: string, bytes: Uint8Array): Promise<string>;
  /** Uploads a tree of paths and contents into a new folder and gives its link. */
  shareFolder(name: string, files: Readonly<Record<string, Uint8Array>>): Promise<string>;
  /** Gives the link of a folder of so many files with these bytes, a hundred in each folder below it. */
  shareMany(name: string, count: number, bytes: Uint8Array): string;
  readonly faults: MegaFaults;
  /** Everything is right again. */
  heal(): void;
  /** Ranges of bytes that were asked for, in order: first and last. */
  readonly asked: (readonly [from: number, to: number])[];
  /** Of each question to the API, in order, its command and the session it was asked with. */
  readonly questions: { readonly command: string; readonly session: string | null }[];
  stop(): Promise<void>;
}

export interface MegaFaults {
  /** Bytes of a file from this place on are not sent, the connection stays open; 0: all are. */
  stallAfter: number;
  /** Refuse so many requests for bytes with 509, … */
  overQuota: number;
  /** … saying that there is quota again after so many seconds. */
  quotaLeft: number;
  /** The byte at this place is another one; −1: none. */
  flipAt: number;
  /** Answers end after half of their bytes. */
  cutShort: boolean;
  /** The API answers with this error number; 0: it works. */
  apiError: number;
  /** … and says it inside its answer, with the seconds until there is quota again; 0: it stands for itself. */
  apiWait: number;
  /** The code that a login must bring; empty: none. */
  secondFactor: string;
  /** Sessions that are no longer good. */
  endedSessions: readonly string[];
}

export async function startMegaServer(): Promise<MegaServer> {
  const folder = await mkdtemp(join(tmpdir(), 'longhaul-mega-'));
  const server = (require('mega-mock') as Mock)({ dataFolder: folder });
  const users = require('mega-mock/cli/preloaded-users.json') as Record<string, unknown>;
  for (const [user, data] of Object.entries(users)) server.state.loginData.set(user, data);
  const newer = new NewerAccount('mock', Object.values(users)[0] as LoginData);
  const healthy: MegaFaults = {
    stallAfter: 0,
    overQuota: 0,
    quotaLeft: 0,
    flipAt: -1,
    cutShort: false,
    apiError: 0,
    apiWait: 0,
    secondFactor: '',
    endedSessions: [],
  };
  const faults = { ...healthy };
  let many: ManyFiles | undefined;
  const asked: (readonly [number, number])[] = [];
  const questions: { command: string; session: string | null }[] = [];
  const [mock] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {});
    if (request.url?.startsWith('/cs') && faults.apiError !== 0) {
      request.resume();
      response.end(JSON.stringify(faults.apiWait > 0 ? [{ e: faults.apiError, tl: faults.apiWait }] : faults.apiError));
    } else if (many && request.url?.includes(many.id)) {
      answerOfMany(many, request, response).catch(() => response.destroy());
    } else if (request.url?.startsWith('/download/')) {
      sendBytes(folder, faults, asked, request.url, response).catch(() => response.destroy());
    } else if (request.url?.startsWith('/cs')) {
      answerQuestion({ state: server.state, newer, faults, questions }, request, response)
        .then((isAnswered) => isAnswered || mock?.(request, response))
        .catch(() => response.destroy());
    } else mock?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const account = await new Storage({ email: 'mock@test', password: 'mock', gateway, keepalive: false }).ready;

  const upload = async (into: MutableFile, name: string, bytes: Uint8Array): Promise<MutableFile> => {
    const file = await into.upload({ name, size: bytes.length, key: randomBytes(24) }, Buffer.from(bytes)).complete;
    await written(folder, server.state, file, bytes.length);
    return file;
  };
  return {
    gateway,
    faults,
    heal() {
      Object.assign(faults, healthy);
      asked.length = 0;
      questions.length = 0;
    },
    asked,
    questions,
    async shareFile(name, bytes) {
      return (await upload(account.root, name, bytes)).link({});
    },
    shareFolder: async (name, files) => shareTree(await account.root.mkdir(name), files, upload),
    shareMany(name, count, bytes) {
      many = manyFiles(name, count, bytes);
      return `https://mega.nz/folder/${many.id}#${many.key}`;
    },
    async stop() {
      await account.close();
      API.getGlobalApi().close();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Upload = (into: MutableFile, name: string, bytes: Uint8Array) => Promise<MutableFile>;

async function shareTree(
  top: MutableFile,
  files: Readonly<Record<string, Uint8Array>>,
  upload: Upload,
): Promise<string> {
  const folders = new Map([['', top]]);
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split('/');
    let at = top;
    for (const [depth, part] of parts.slice(0, -1).entries()) {
      const key = parts.slice(0, depth + 1).join('/');
      at = folders.get(key) ?? (await at.mkdir(part));
      folders.set(key, at);
    }
    await upload(at, parts.at(-1) ?? '', bytes);
  }
  return top.shareFolder({});
}

/** The mock answers an upload before its last bytes are in the file, and may take the size from there too early. */
async function written(folder: string, state: MockState, { nodeId }: MutableFile, bytes: number): Promise<void> {
  const path = join(folder, `file_${nodeId}`);
  while ((await stat(path)).size < bytes) await immediate();
  for (const { files } of state.users.values()) {
    for (const node of files) if (node.h === nodeId) node.s = bytes;
  }
}

/** What the mock lacks: second factors, sessions that end, folders for those who have their link. False: the mock answers. */
async function answerQuestion(
  { state, newer, faults, questions }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const query = new URL(request.url ?? '', 'http://x').searchParams;
  const [command] = (await bodyOf(request)) as [Question];
  questions.push({ command: command.a, session: query.get('sid') });
  const code = errorOf(faults, command, query.get('sid') ?? '');
  const own = ['us0', 'us'].includes(command.a) || query.has('n');
  if (code === 0 && !own) return false;
  if (code !== 0) response.end(JSON.stringify([code]));
  else if (command.a === 'us0') response.end(JSON.stringify([newer.preLogin]));
  else if (command.a === 'us') response.end(JSON.stringify([newer.logIn(command.user, command.uh)]));
  else answerInFolder(state, query.get('n') ?? '', command, request, response);
  return true;
}

function errorOf({ secondFactor, endedSessions }: MegaFaults, { a, mfa }: Question, session: string): number {
  if (endedSessions.includes(session)) return -15;
  if (a !== 'us' || secondFactor === '' || mfa === secondFactor) return 0;
  return mfa === undefined ? -26 : -5;
}

interface Question {
  readonly a: string;
  readonly n?: string;
  readonly mfa?: string;
  readonly user?: string;
  readonly uh?: string;
}

interface Answering {
  readonly state: MockState;
  readonly newer: NewerAccount;
  readonly faults: MegaFaults;
  readonly questions: { command: string; session: string | null }[];
}

/** The mock reads it again, with this function. */
const { json: bodyOf } = createRequire(require.resolve('mega-mock'))('micro') as {
  json(request: IncomingMessage): Promise<unknown>;
};

/**
 * The mock lists a shared folder with the keys of its owner. MEGA's servers list it with those that the folder's own key
 * opens, which the mock keeps in one share for each upload.
 */
function answerInFolder(
  state: MockState,
  id: string,
  command: Question,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const share = state.shares.get(id);
  const all = share ? (state.users.get(share.uh)?.files ?? []) : [];
  const keys: Record<string, string> = Object.assign(
    {},
    ...[...state.shares.values()].filter(({ handler }) => handler === share?.handler),
  );
  const below = (handle: string): MockNode[] =>
    all.filter(({ p }) => p === handle).flatMap((node) => [node, ...below(node.h)]);
  const root = all.find(({ h }) => h === share?.handler);
  const wanted = all.find(({ h }) => h === command.n);
  if (!share || !root || (command.a === 'g' && !wanted)) response.end('[-9]');
  else if (command.a === 'g' && wanted) {
    response.end(JSON.stringify([{ g: `http://${request.headers.host}/download/${wanted.h}`, s: wanted.s }]));
  } else {
    const f = [root, ...below(root.h)].map((node) => ({ ...node, k: `${root.h}:${keys[node.h]}` }));
    response.end(JSON.stringify([{ f }]));
  }
}

/** Its listing, and its bytes under `/ID/FROM-TO`. */
async function answerOfMany(many: ManyFiles, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const range = /\/(\d+)-(\d+)$/.exec(request.url ?? '');
  if (range) {
    response.end(many.encrypted.subarray(Number(range[1]), Number(range[2]) + 1));
    return;
  }
  const [{ a }] = (await bodyOf(request)) as [Question];
  const place = { g: `http://${request.headers.host}/${many.id}`, s: many.plain.length };
  response.end(JSON.stringify([a === 'f' ? { f: many.nodes } : place]));
}

/** `/download/HANDLE/FROM-TO`, with what shall go wrong. */
async function sendBytes(
  folder: string,
  faults: MegaFaults,
  asked: (readonly [number, number])[],
  url: string,
  response: ServerResponse,
): Promise<void> {
  const [, handle = '', first = '', last = ''] = /^\/download\/([A-Z0-9]+)\/(\d+)-(\d+)$/.exec(url) ?? [];
  const [from, to] = [Number(first), Number(last)];
  asked.push([from, to]);
  if (faults.overQuota > 0) {
    faults.overQuota -= 1;
    response.writeHead(509, { 'x-mega-time-left': String(faults.quotaLeft) }).end();
    return;
  }
  const bytes = Buffer.from((await readFile(join(folder, `file_${handle}`))).subarray(from, to + 1));
  const flip = faults.flipAt - from;
  if (flip >= 0 && flip < bytes.length) bytes[flip] = (bytes[flip] ?? 0) ^ 1;
  const end = faults.stallAfter > 0 ? Math.max(0, faults.stallAfter - from) : bytes.length;
  const sent = bytes.subarray(0, faults.cutShort ? bytes.length / 2 : end);
  response.writeHead(200, faults.cutShort ? {} : { 'content-length': bytes.length });
  response.flushHeaders();
  const portion = 65_536;
  for (let at = 0; at < sent.length; at += portion) {
    response.write(sent.subarray(at, at + portion));
  }
  if (faults.cutShort || sent.length === bytes.length) response.end();
}

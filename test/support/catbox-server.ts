import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { MultipartReader, type Part } from './multipart-reader.ts';

/** A server that speaks catbox's form, and litterbox's; keeps what it was sent; does wrong what it is told to. */
export interface CatboxServer {
  readonly api: string;
  /** What is there, by address. */
  readonly files: Map<string, StoredFile>;
  /** How many requests began. */
  readonly asked: number;
  readonly faults: CatboxFaults;
  heal(): void;
  /** Resolves when a body has been taken to this place, bytes. */
  untilTaken(bytes: number): Promise<void>;
  /** Resolves when the next file is kept. */
  untilKept(): Promise<void>;
  stop(): Promise<void>;
}

export interface StoredFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface CatboxFaults {
  /** Answers with 200 and this text, and keeps nothing. */
  says: string;
  /** Answers with this status as soon as the head of the request is there; `0`: does not. */
  status: number;
  /** With these headers. */
  headers: Record<string, string>;
  /** Asks for no body before it answers with `status`. */
  refusesEarly: boolean;
  /** Breaks the connection when so many bytes have come. */
  breaksAfter: number;
  /** So many times: keeps the file and breaks the connection instead of answering. */
  losesAnswers: number;
  /** So many times: keeps the file and never answers. */
  keepsWithoutAnswer: number;
  /** Takes nothing from this place on. */
  standsStillAfter: number;
}

const healthy: CatboxFaults = {
  says: '',
  status: 0,
  headers: {},
  refusesEarly: false,
  breaksAfter: Number.POSITIVE_INFINITY,
  losesAnswers: 0,
  keepsWithoutAnswer: 0,
  standsStillAfter: Number.POSITIVE_INFINITY,
};

export async function startCatbox(): Promise<CatboxServer> {
  const catbox = new Catbox();
  const server = createServer((request, response) => {
    response.on('error', () => {});
    catbox.answer(request, response).catch((error: unknown) => {
      if (!response.destroyed) response.writeHead(400).end(String(error));
    });
  });
  server.on('checkContinue', (request, response) => {
    if (!catbox.faults.refusesEarly) response.writeContinue();
    server.emit('request', request, response);
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/user/api.php`,
    files: catbox.files,
    get asked() {
      return catbox.asked;
    },
    faults: catbox.faults,
    heal: () => catbox.heal(),
    untilTaken: (bytes) => catbox.untilTaken(bytes),
    untilKept: () => catbox.untilKept(),
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

class Catbox {
  readonly files = new Map<string, StoredFile>();
  readonly faults = { ...healthy };
  asked = 0;
  #taken = 0;
  readonly #keeping: (() => void)[] = [];
  #waiting: { readonly bytes: number; readonly tell: () => void }[] = [];

  heal(): void {
    Object.assign(this.faults, healthy);
    this.files.clear();
    this.asked = 0;
  }

  untilTaken(bytes: number): Promise<void> {
    this.#taken = 0;
    return new Promise((tell) => this.#waiting.push({ bytes, tell }));
  }

  untilKept(): Promise<void> {
    return new Promise((tell) => this.#keeping.push(tell));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this;
    this.asked += 1;
    if (faults.status !== 0 && faults.refusesEarly) {
      response.writeHead(faults.status, { ...faults.headers, connection: 'close' }).end('refused');
      return;
    }
    if (request.headers['content-type'] === 'application/x-www-form-urlencoded') {
      const pieces: Buffer[] = [];
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
      return this.#delete(new URLSearchParams(Buffer.concat(pieces).toString()), response);
    }
    const parts = await this.#read(request);
    if (!parts) return;
    if (faults.status !== 0) response.writeHead(faults.status, faults.headers).end('<html><b>trouble</b></html>');
    else if (faults.says !== '') response.end(faults.says);
    else this.#keep(parts, response);
  }

  /** Undefined: the connection was broken. */
  async #read(request: IncomingMessage): Promise<readonly Part[] | undefined> {
    const reader = new MultipartReader(request.headers['content-type'] ?? '');
    this.#taken = 0;
    for await (const bytes of request as AsyncIterable<Buffer>) {
      this.#taken += bytes.length;
      reader.push(bytes);
      this.#tellTaken();
      if (this.#taken >= this.faults.breaksAfter) {
        request.destroy();
        return undefined;
      }
      if (this.#taken >= this.faults.standsStillAfter) await new Promise((resolve) => request.once('close', resolve));
    }
    return reader.end();
  }

  /** `deletefiles`: only what was sent with this userhash, as catbox does it. */
  #delete(form: URLSearchParams, response: ServerResponse): void {
    const names = (form.get('files') ?? '').split(' ').filter(Boolean);
    const userhash = form.get('userhash') ?? '';
    const links = [...this.files.keys()].filter((link) => names.includes(link.slice(link.lastIndexOf('/') + 1)));
    if (form.get('reqtype') !== 'deletefiles' || names.length === 0) response.writeHead(412).end('No files given.');
    else if (links.length < names.length) response.writeHead(412).end("File doesn't exist?");
    else if (links.some((link) => userhash === '' || this.files.get(link)?.fields.userhash !== userhash)) {
      response.writeHead(412).end('That file is not yours.');
    } else {
      for (const link of links) this.files.delete(link);
      response.end('Files successfully deleted.');
    }
  }

  #keep(parts: readonly Part[], response: ServerResponse): void {
    const texts = parts.filter((part) => part.filename === undefined);
    const fields = Object.fromEntries(texts.map((part) => [part.name, part.text]));
    const file = parts.find((part) => part.name === 'fileToUpload' && part.filename !== undefined);
    if (fields.reqtype !== 'fileupload' || !file) {
      response.writeHead(412).end('No request type given.');
      return;
    }
    const { filename: name = '', size, sha256 } = file;
    const link = `https://files.catbox.example/${randomBytes(3).toString('hex')}${extname(name)}`;
    this.files.set(link, { name, size, sha256, fields });
    for (const tell of this.#keeping.splice(0)) tell();
    if (this.faults.keepsWithoutAnswer > 0) this.faults.keepsWithoutAnswer -= 1;
    else if (this.faults.losesAnswers > 0) {
      this.faults.losesAnswers -= 1;
      response.req.socket.destroy();
    } else response.end(link);
  }

  #tellTaken(): void {
    for (const { bytes, tell } of this.#waiting) if (bytes <= this.#taken) tell();
    this.#waiting = this.#waiting.filter(({ bytes }) => bytes > this.#taken);
  }
}

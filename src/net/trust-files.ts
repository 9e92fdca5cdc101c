import type { SecureContext } from 'node:tls';
import { Failure } from '../downloads/failure.ts';
import { trustFrom } from './connect.ts';

/** Whom to believe with the authorities of a file beside the usual ones; each file is read once. */
export class TrustFiles {
  readonly #readText: (path: string) => Promise<string | undefined>;
  readonly #trust = new Map<string | undefined, Promise<SecureContext>>();

  /** `readText`: a whole file, undefined where it is not there. */
  constructor(readText: (path: string) => Promise<string | undefined>) {
    this.#readText = readText;
  }

  /** The usual authorities and those in the file. Throws `Failure('tls')`. */
  trust(caFile: string | undefined): Promise<SecureContext> {
    const known = this.#trust.get(caFile);
    if (known) return known;
    const made = this.#read(caFile);
    this.#trust.set(caFile, made);
    made.catch(() => this.#trust.delete(caFile));
    return made;
  }

  async #read(path: string | undefined): Promise<SecureContext> {
    if (path === undefined) return trustFrom(undefined);
    const pem = await this.#readText(path).catch((error: unknown) => {
      throw new Failure('tls', `the ca_file ${path} cannot be read`, { cause: error });
    });
    if (pem === undefined) throw new Failure('tls', `the ca_file ${path} does not exist`);
    return trustFrom(pem);
  }
}

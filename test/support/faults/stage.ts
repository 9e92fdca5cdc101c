import { createHash } from 'node:crypto';
import { type Authority, type Certificate, makeAuthority } from '../certificate.ts';
import { type FaultServer, startFaultServer } from '../fault-server.ts';
import { seededRandom } from '../seeded-random.ts';
import { always, type FaultScript, type Secure, serve, versionsOf } from './script.ts';
import { bodies } from './versions.ts';

/** Bytes/s of each connection: slow enough for several connections to come about, fast enough for many scripts. */
const rate = 24 << 20;

/** A server on which one program is tried with one script. */
export interface Stage extends AsyncDisposable {
  readonly server: FaultServer;
  readonly link: string;
  /** From now on it is a good server, and has the version of later. */
  heal(): Promise<void>;
}

export async function openStage(script: FaultScript, certificates: Certificates): Promise<Stage> {
  const versions = versionsOf(script.validators);
  const server = await startFaultServer({
    rate,
    seed: 1,
    ...versions.A,
    ...script.claims,
    ...(script.secure ? { certificate: certificates.of(script.secure) } : {}),
  });
  server.script(script.play({ server, versions, random: seededRandom(1) }));
  return {
    server,
    link: `${server.url}/file.bin`,
    async heal() {
      server.script(always(serve));
      server.claim(versions[script.later]);
      server.acceptAtMost(Number.POSITIVE_INFINITY);
      if (script.secure === undefined || script.secure === 'good') return;
      await server.down();
      await server.up(certificates.of('good'));
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** The certificates that scripts need, each made when it is first asked for. */
export class Certificates implements Disposable {
  #authority: Authority | undefined;
  readonly #made = new Map<Secure, Certificate>();

  /** What clients have to trust. */
  get caFile(): string {
    return this.#own().caFile;
  }

  of(secure: Secure): Certificate {
    const made = this.#made.get(secure) ?? this.#make(secure);
    this.#made.set(secure, made);
    return made;
  }

  [Symbol.dispose](): void {
    this.#authority?.remove();
  }

  #make(secure: Secure): Certificate {
    const here = 'IP:127.0.0.1';
    if (secure === 'self-signed') return this.#own().selfSigned(here);
    if (secure === 'of another host') return this.#own().issue('DNS:elsewhere.example');
    return this.#own().issue(here, secure === 'expired' ? -1 : 30);
  }

  #own(): Authority {
    this.#authority ??= makeAuthority();
    return this.#authority;
  }
}

/** The digest that a user names where a script says so. */
export const digestOfA: string = createHash('sha256').update(bodies.A).digest('hex');

import { systemClock } from '../../src/time/clock.ts';
import { longhaul, type Place, type Program } from './program.ts';

/** One process, from its start to its death. */
export interface Racer {
  /** Its User-Agent. */
  readonly agent: string;
  /** Undefined when it was killed before it said so. */
  instance: string | undefined;
  stderr: string;
}

/** A server that is killed and stopped, and begins anew under the same name. */
export class Runner {
  readonly #place: Place;
  readonly #name: string;
  readonly #racers: Racer[];
  #program: Program | undefined;
  #ready: Promise<void> = Promise.resolve();
  /** While it is stopped: keeps it from being continued at its time. */
  #waking: (() => void) | undefined;

  /** `racers`: where each of its processes is noted. */
  constructor(place: Place, name: string, racers: Racer[]) {
    this.#place = place;
    this.#name = name;
    this.#racers = racers;
    this.begin();
  }

  get isStopped(): boolean {
    return this.#waking !== undefined;
  }

  begin(): void {
    const agent = `${this.#name}.${this.#racers.length}`;
    const racer: Racer = { agent, instance: undefined, stderr: '' };
    this.#racers.push(racer);
    const env = { ...this.#place.env, LONGHAUL_HTTP_USER_AGENT: agent };
    const program = longhaul(['serve', '--name', this.#name, '--json'], { ...this.#place, env });
    this.#program = program;
    const ready = () => {
      racer.instance = JSON.parse(program.stdout.split('\n')[0] ?? '').instance;
    };
    this.#ready = program.says('"ready":true').then(ready, () => {});
    void program.ended.then(({ stderr }) => {
      racer.stderr = stderr;
    });
  }

  /** For so many ms, unless it is ended before. */
  stop(lasts: number): void {
    this.#program?.kill('SIGSTOP');
    this.#waking = systemClock.after(lasts, () => this.goOn());
  }

  goOn(): void {
    this.#program?.kill('SIGCONT');
    this.#stayAwake();
  }

  /** Its exit code. One that has just begun is only asked to end when it listens: before, SIGTERM kills any process. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#stayAwake();
    if (signal === 'SIGTERM') await this.#ready;
    this.#program?.kill(signal);
    return (await this.#program?.ended)?.code ?? null;
  }

  #stayAwake(): void {
    this.#waking?.();
    this.#waking = undefined;
  }
}

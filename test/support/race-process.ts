import { systemClock } from '../../src/time/clock.ts';
import { longhaul, type Place, type Program } from './program.ts';

/** One process, from its start to its death. */
export interface Racer {
  /** Its User-Agent. */
  readonly agent: string;
  /** Undefined when it was killed before it said so. */
  instance: string | undefined;
  /** When it was stopped and continued (or killed), epoch ms. */
  readonly stops: { readonly from: number; to: number }[];
  stderr: string;
}

/** A server that is killed and stopped, and begins anew under the same name. */
export class Runner {
  readonly #place: Place;
  readonly #name: string;
  readonly #racers: Racer[];
  #program: Program | undefined;
  #racer: Racer | undefined;
  /** While it is stopped. */
  #stop: Racer['stops'][number] | undefined;

  /** `racers`: where each of its processes is noted. */
  constructor(place: Place, name: string, racers: Racer[]) {
    this.#place = place;
    this.#name = name;
    this.#racers = racers;
    this.begin();
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  begin(): void {
    const agent = `${this.#name}.${this.#racers.length}`;
    const racer: Racer = { agent, instance: undefined, stops: [], stderr: '' };
    this.#racers.push(racer);
    this.#racer = racer;
    const env = { ...this.#place.env, LONGHAUL_HTTP_USER_AGENT: agent };
    const program = longhaul(['serve', '--name', this.#name, '--json'], { ...this.#place, env });
    this.#program = program;
    const ready = () => {
      racer.instance = JSON.parse(program.stdout.split('\n')[0] ?? '').instance;
    };
    program.says('"ready":true').then(ready, () => {});
    void program.ended.then(({ stderr }) => {
      racer.stderr = stderr;
    });
  }

  /** For so many ms, unless it is ended before. */
  stop(lasts: number): void {
    const stop = { from: systemClock.now(), to: Number.POSITIVE_INFINITY };
    this.#stop = stop;
    this.#racer?.stops.push(stop);
    this.#program?.kill('SIGSTOP');
    systemClock.after(lasts, () => {
      if (this.#stop === stop) this.goOn();
    });
  }

  goOn(): void {
    this.#program?.kill('SIGCONT');
    if (this.#stop) this.#stop.to = systemClock.now();
    this.#stop = undefined;
  }

  /** Its exit code. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#program?.kill(signal);
    const end = await this.#program?.ended;
    if (this.#stop) this.#stop.to = systemClock.now();
    this.#stop = undefined;
    return end?.code ?? null;
  }
}

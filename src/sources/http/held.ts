import type { Answer } from '../../net/get.ts';
import type { Clock } from '../../time/clock.ts';

/** How long an answer waits for the `fetch` that follows its `resolve`, ms. */
const longestHold = 15_000;

/** Answers whose body waits for its fetch, so that a download normally costs one request. */
export class HeldAnswers {
  readonly #clock: Clock;
  readonly #held = new Map<number, { readonly answer: Answer; readonly cancel: () => void }>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns its number. */
  keep(answer: Answer): number {
    this.#last += 1;
    const number = this.#last;
    const cancel = this.#clock.after(longestHold, () => this.take(number)?.exchange.abandon());
    this.#held.set(number, { answer, cancel });
    return number;
  }

  /** The answer, once; undefined when it has been given up. */
  take(number: number): Answer | undefined {
    const held = this.#held.get(number);
    held?.cancel();
    this.#held.delete(number);
    return held?.answer;
  }

  close(): void {
    for (const number of [...this.#held.keys()]) this.take(number)?.exchange.abandon();
  }
}

/** Which downloads of this instance have a place for their steps: taken before they begin, free when their run ends. */
export class StepPlaces {
  readonly #held = new Set<number>();

  get taken(): number {
    return this.#held.size;
  }

  /** `held`: it has one already. False: all `most` are taken. */
  take(id: number, most: number): 'held' | 'taken' | false {
    if (this.#held.has(id)) return 'held';
    if (this.#held.size >= most) return false;
    this.#held.add(id);
    return 'taken';
  }

  /** Harmless where it has none. */
  free(id: number): void {
    this.#held.delete(id);
  }
}

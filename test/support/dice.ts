/** Random choices that a seed decides: the same seed, the same story. */
export interface Dice {
  /** 0 ≤ r < 1. */
  roll(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** Bytes of which no two stretches are alike. */
  bytes(length: number): Buffer;
}

export function diceOf(seed: number): Dice {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  /** Mulberry32. */
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const dice: Dice = {
    roll: () => word() / 2 ** 32,
    between: (least, most) => least + Math.floor(dice.roll() * (most - least + 1)),
    chance: (probability) => dice.roll() < probability,
    pick(from) {
      const [picked] = from.slice(dice.between(0, from.length - 1));
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
    bytes(length) {
      const words = new Uint32Array(Math.ceil(length / 4));
      for (let at = 0; at < words.length; at += 1) words[at] = word();
      return Buffer.from(words.buffer, 0, length);
    },
  };
  return dice;
}

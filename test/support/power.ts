/** Thrown out of whatever was being done when the power went; nothing that comes after it happens. */
class PowerOff extends Error {
  override readonly name = 'PowerOff';
}

/** The power of one machine, or the life of one process on it: every operation takes a step before and one after. */
export interface Power {
  readonly isOn: boolean;
  readonly steps: number;
  /** Throws `PowerOff` when it is this step that fails, and ever after. */
  step(): void;
  /** It fails now. */
  cut(): void;
}

/** Fails at step `failsAt`, counted from 1; left out: only when it is cut. */
export function powerUntil(failsAt = Number.POSITIVE_INFINITY): Power {
  let steps = 0;
  let isOn = true;
  return {
    get isOn() {
      return isOn;
    },
    get steps() {
      return steps;
    },
    step() {
      steps += 1;
      if (steps >= failsAt) isOn = false;
      if (!isOn) throw new PowerOff('the power is off');
    },
    cut() {
      isOn = false;
    },
  };
}

/** Runs `work` between two steps. When the power fails it never settles: nobody is left to hear of it. */
export async function powered<T>(power: Power, work: () => T | Promise<T>): Promise<T> {
  try {
    power.step();
    const result = await work();
    power.step();
    return result;
  } catch (error) {
    if (!power.isOn) return new Promise<never>(() => {});
    throw error;
  }
}

/** `target` with every method that gives a promise behind the power; the methods named in `free` are left as they are. */
export function behindPower<T extends object>(target: T, power: Power, free: readonly (keyof T)[]): T {
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key);
      if (typeof value !== 'function' || free.some((name) => name === key)) return value;
      return (...args: unknown[]) => powered(power, () => Reflect.apply(value, object, args) as unknown);
    },
  });
}

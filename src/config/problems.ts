/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly path: string; readonly line?: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** `retry.max_tries`; left out when the whole file or environment is meant. */
  readonly key?: string;
  /** As it was written, secrets masked, for a person. */
  readonly value?: string;
  readonly origin?: Origin;
  /** What is allowed: `must be a whole number from 1 to 64`. */
  readonly allowed: string;
}

/** The configuration cannot be used. The message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options: { readonly cause?: unknown } = {}) {
    super(problems.map(sentence).join('\n'), options);
    this.problems = problems;
  }
}

/** `/home/me/.config/longhaul/config.yaml:12`, `LONGHAUL_QUEUE_SLOTS`, `--slots`, `default`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return origin.line === undefined ? origin.path : `${origin.path}:${origin.line}`;
    case 'environment':
      return origin.name;
    case 'flag':
      return origin.flag;
  }
}

/** `retry.max_tries: "many" (config.yaml:12) must be a whole number from 1 to 1000` */
function sentence({ key, value, origin, allowed }: Problem): string {
  const subject = [key, value].filter((part) => part !== undefined).join(': ');
  const place = origin === undefined ? '' : originText(origin);
  if (subject === '') return place === '' ? allowed : `${place}: ${allowed}`;
  return place === '' ? `${subject} ${allowed}` : `${subject} (${place}) ${allowed}`;
}

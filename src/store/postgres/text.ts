import type { Params, Statement, Value } from '../statements/statement.ts';

/** A statement as PostgreSQL takes it. */
export interface Prepared {
  /** Under which a connection keeps it prepared. */
  readonly name: string;
  /** With `$1`, `$2`, …; each place of a parameter has a number of its own, and so a type of its own. */
  readonly text: string;
  /** The parameter at each number. */
  readonly parameters: readonly string[];
}

const suffixes = { no: '', wait: ' FOR UPDATE', skip: ' FOR UPDATE SKIP LOCKED' } as const;
const known = { read: new WeakMap<object, Prepared>(), write: new WeakMap<object, Prepared>() } as const;
let count = 0;

/** `read`: nothing will be written, so nothing is locked. */
export function preparedOf(statement: Statement<Params, unknown>, to: 'read' | 'write'): Prepared {
  const ready = known[to].get(statement);
  if (ready) return ready;
  const { text, parameters } = numbered(statement.postgres ?? statement.sql);
  count += 1;
  const locks = to === 'read' ? '' : suffixes[statement.locks];
  const made = { name: `longhaul_${count}`, text: text + locks, parameters };
  known[to].set(statement, made);
  return made;
}

/** An INSERT of one row of values, made to insert several at once. */
export function manyRows(statement: Statement<Params, unknown>, rows: number): Omit<Prepared, 'name'> {
  const [, head, tuple] = /^([\s\S]*\bVALUES\s*)(\([^()]*\))\s*$/.exec(statement.postgres ?? statement.sql) ?? [];
  if (head === undefined || tuple === undefined) throw new Error(`not an INSERT of one row: ${statement.sql}`);
  return numbered(head + Array.from({ length: rows }, () => tuple).join(', '));
}

/** `:name` → `$1`, but not in quoted text, and not the second colon of a cast. */
function numbered(sql: string): Omit<Prepared, 'name'> {
  const parameters: string[] = [];
  const text = sql.replaceAll(/'(?:[^']|'')*'|::|:([a-z_]\w*)/gi, (found, name: string | undefined) => {
    if (name === undefined) return found;
    parameters.push(name);
    return `$${parameters.length}`;
  });
  return { text, parameters };
}

/** PostgreSQL knows no text with a zero character in it. */
export function storable(value: Value): Value {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}

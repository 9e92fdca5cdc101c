import type { Log, LogFacts } from '../../log/log.ts';
import type { Word } from './messages.ts';

/** A log for a thread: its lines are written by the main one. Facts that cannot be cloned become text. */
export function threadLog(port: { postMessage(word: Word): void }, room = 'sources'): Log {
  const say = (level: Extract<Word, { word: 'log' }>['level']) => (facts: LogFacts, message: string) => {
    port.postMessage({ word: 'log', level, room, facts: clonable(facts), message });
  };
  return {
    trace: say('trace'),
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    room: (name) => threadLog(port, name),
  };
}

function clonable(facts: LogFacts): LogFacts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, isPlain(value) ? value : describe(value)] as const),
  );
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
}

function describe(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

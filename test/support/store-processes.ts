import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Store } from '../../src/store/store.ts';
import type { Task } from './store-process.ts';

/** Starts a process of `store-process.ts`, which is killed at the end of the test. */
export function storeProcess(t: TestContext, task: Task): ChildProcess {
  const program = fileURLToPath(new URL('./store-process.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(task)], { execArgv: [] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Several processes claim all that waits, from one moment on; tells what each of them got. */
export async function claimAtOnce(t: TestContext, path: string, instances: readonly string[]): Promise<number[][]> {
  const children = instances.map((instance) => storeProcess(t, { do: 'claim all', path, instance }));
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) child.send('go');
  return (await Promise.all(children.map((child) => once(child, 'message')))).map(([ids]) => ids as number[]);
}

/** The downloads that processes have promised to be written down, and whether as paused. */
export type Promised = Map<number, boolean>;

/** Takes down what a process promises, until it has promised `count` more. */
export async function listenUntil(child: ChildProcess, promised: Promised, count: number): Promise<void> {
  let heard = 0;
  for await (const [message] of on(child, 'message', { close: ['exit'] })) {
    const { id, paused } = message as { id: number; paused: boolean };
    promised.set(id, paused);
    heard += 1;
    if (heard === count) return;
  }
  throw new Error('it died by itself');
}

/** Each is there as it was promised, with all that happened to it. */
export async function assertKept(store: Store, promised: Promised): Promise<void> {
  for (const [id, paused] of promised) {
    assert.equal((await store.get(id))?.status, paused ? 'paused' : 'downloading');
    const kinds = (await store.events({ downloadId: id, limit: 9 })).map(({ to, kind }) => to ?? kind);
    assert.deepEqual(kinds, paused ? ['added', 'downloading', 'paused'] : ['added', 'downloading']);
  }
}

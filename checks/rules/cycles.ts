import type { Project, Rule } from '../project.ts';

export const cycles: Rule = {
  name: 'cycles',
  reason: 'Modules that import each other, types included, cannot be read, tested or moved one at a time.',
  check(project) {
    const edges = edgesOf(project);
    const findings = [...edges.keys()].flatMap((path) => {
      const way = wayBack(path, edges);
      return way?.every((other) => path <= other) ? [[path, ...way.slice(1), path].join(' → ')] : [];
    });
    return { looked: project.modules.length, findings };
  },
};

/** A worker is started, not imported, and may import from the module that starts it. */
function edgesOf(project: Project): Map<string, string[]> {
  return new Map(
    project.modules.map(({ path, imports }) => [
      path,
      imports.flatMap(({ kind, target }) => (target === undefined || kind === 'worker' ? [] : [target])),
    ]),
  );
}

/** The shortest way from a module back to itself (starting with it), or undefined. */
function wayBack(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const before = new Map<string, string>();
  const open = [start];
  for (const path of open) {
    for (const next of edges.get(path) ?? []) {
      if (next === start) return unwind(path, start, before);
      if (before.has(next)) continue;
      before.set(next, path);
      open.push(next);
    }
  }
  return undefined;
}

function unwind(end: string, start: string, before: ReadonlyMap<string, string>): string[] {
  const way = [end];
  for (let path = end; path !== start; ) {
    path = before.get(path) ?? start;
    way.unshift(path);
  }
  return way;
}

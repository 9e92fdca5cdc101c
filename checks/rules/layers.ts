import type { Import, Module, Project, Rule } from '../project.ts';

/** The line of docs/design.md, left to right; rooms in one bracket stand beside each other. */
const line: readonly (readonly string[])[] = [
  ['main', 'index'],
  ['cli'],
  ['instance'],
  ['api', 'discord'],
  ['contract', 'commands'],
  ['queue', 'watch', 'wanted'],
  ['engine'],
  ['sources', 'verify', 'steps'],
  ['arr', 'ffmpeg', 'playlist'],
  ['store', 'events', 'disk', 'net'],
  ['downloads'],
  ['config', 'time', 'log'],
];
const places = new Map(line.flatMap((rooms, place) => rooms.map((room) => [room, place] as const)));

/** The asking wing writes wishes and reads rows; it never reaches the wing that moves bytes. */
const apart: Readonly<Record<string, readonly string[]>> = { commands: ['queue', 'engine'] };

export const layers: Rule = {
  name: 'layers',
  reason:
    'A room imports only rooms to its right on the line, and none of its own bracket: what must flow left is a function handed over by instance/. `commands` reaches neither queue nor engine, so a command works the same from any process.',
  check(project) {
    const modules = project.modules.filter(({ path, isTest }) => path.startsWith('src/') && !isTest);
    const findings = [
      ...modules
        .filter(({ path }) => !places.has(roomOf(path)))
        .map(({ path }) => `${path}: is in no room of the line`),
      ...modules.flatMap((module) => module.imports.flatMap((edge) => broken(module, edge))),
      ...modules.flatMap((module) => reachesApart(module, project)),
    ];
    return { looked: modules.length, findings };
  },
};

/** `src/store/statements/x.ts` → `store`; `src/main.ts` → `main`. */
function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

function broken(from: Module, edge: Import): string[] {
  const where = `${from.path}:${edge.line}`;
  if (edge.kind === 'unreadable') return [`${where}: imports something only known when it runs; name it literally`];
  if (edge.target === undefined) return [];
  if (edge.target === 'package.json') return [];
  if (!edge.target.startsWith('src/')) return [`${where}: imports ${edge.target}, which is not part of the program`];
  if (edge.target.endsWith('.test.ts')) return [`${where}: imports the test ${edge.target}`];
  const [own, other] = [roomOf(from.path), roomOf(edge.target)];
  if (own === other) return [];
  const [here, there] = [places.get(own), places.get(other)];
  if (here === undefined || there === undefined || here < there) return [];
  const relation = here === there ? 'stands beside' : 'is left of';
  return [`${where}: ${own} imports ${other} (${edge.kind}), which ${relation} it`];
}

function reachesApart(from: Module, project: Project): string[] {
  const forbidden = apart[roomOf(from.path)] ?? [];
  if (forbidden.length === 0) return [];
  const byPath = new Map(project.modules.map((module) => [module.path, module]));
  const cameFrom = new Map<string, string>([[from.path, '']]);
  for (const path of cameFrom.keys()) {
    for (const { target } of byPath.get(path)?.imports ?? []) {
      if (target === undefined || cameFrom.has(target)) continue;
      cameFrom.set(target, path);
      if (forbidden.includes(roomOf(target))) return [`${from.path}: reaches ${trail(target, cameFrom)}`];
    }
  }
  return [];
}

function trail(end: string, cameFrom: ReadonlyMap<string, string>): string {
  const before = cameFrom.get(end) ?? '';
  return before === '' || cameFrom.get(before) === '' ? end : `${trail(before, cameFrom)} → ${end}`;
}

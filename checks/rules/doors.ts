import { dottedName, type Module, type Rule, type Syntax, walk } from '../project.ts';

/** What only one place of the program may touch, with the names by which it is touched. */
interface Door {
  readonly name: string;
  readonly reason: string;
  /** Path prefixes that may. */
  readonly through: readonly string[];
  readonly names: RegExp;
  readonly packages?: RegExp;
}

const doorsOfTheHouse: readonly Door[] = [
  {
    name: 'environment',
    reason:
      'The environment is read, validated and frozen once, in config/: elsewhere a setting would have two truths.',
    through: ['src/config/'],
    names: /^(globalThis\.)?process\.(env|loadEnvFile)\b/,
  },
  {
    name: 'clocks',
    reason:
      'Clocks and timers live in time/ and are handed over, so that tests shrink time and leases survive suspend.',
    through: ['src/time/'],
    names:
      /^(globalThis\.)?(Date\.now|performance\.(now|timeOrigin)|setTimeout|setInterval|process\.(hrtime|uptime)|AbortSignal\.timeout|scheduler\.wait|timers)\b/,
    packages: /^(node:)?(timers|timers\/promises|perf_hooks)$/,
  },
  {
    name: 'output',
    reason:
      'Only log/ writes to the terminal (and main.ts, before anything is loaded): it redacts, and keeps stdout clean for --json.',
    through: ['src/log/', 'src/main.ts'],
    names: /^(globalThis\.)?(console|process\.(stdout|stderr|emitWarning))\b/,
  },
  {
    name: 'exit',
    reason: 'process.exit stands in main.ts alone: anywhere else it skips checkpoints, leases and the exit table.',
    through: ['src/main.ts'],
    names: /^(globalThis\.)?process\.(exit|exitCode|abort|reallyExit)\b/,
  },
];

export const doors: readonly Rule[] = doorsOfTheHouse.map((door) => ({
  name: door.name,
  reason: door.reason,
  check(project) {
    const modules = project.modules.filter(({ path, isTest }) => path.startsWith('src/') && !isTest);
    const findings = modules
      .filter(({ path }) => !door.through.some((prefix) => path.startsWith(prefix)))
      .flatMap((module) => usesOf(module, door));
    return { looked: modules.length, findings };
  },
}));

function usesOf(module: Module, door: Door): string[] {
  const findings = module.imports
    .filter(({ kind, specifier }) => kind !== 'type' && door.packages?.test(specifier))
    .map(({ line, specifier }) => `${module.path}:${line}: imports ${specifier}`);
  const say = (node: Syntax, what: string): number =>
    findings.push(`${module.path}:${module.lineAt(node.start)}: ${what}`);
  walk(module.syntax, (node, parents) => {
    const parent = parents.at(-1);
    const name = dottedName(node);
    if (name !== '' && door.names.test(name) && !isInnerPart(node, parent) && !isOnlyAName(node, parent))
      say(node, name);
    if (door.name === 'clocks' && node.type === 'NewExpression' && dottedName(node.callee) === 'Date') {
      if (Array.isArray(node.arguments) && node.arguments.length === 0) say(node, 'new Date()');
    }
    for (const taken of takenFromProcess(node)) if (door.names.test(`process.${taken}`)) say(node, `process.${taken}`);
  });
  return [...new Set(findings)];
}

/** `process.env` in `process.env.HOME` is told once, by the whole. */
function isInnerPart(node: Syntax, parent: Syntax | undefined): boolean {
  return parent?.type === 'MemberExpression' && parent.object === node && dottedName(parent) !== '';
}

/** A property, parameter or method that happens to be called `setTimeout`, as in `socket.setTimeout()`. */
function isOnlyAName(node: Syntax, parent: Syntax | undefined): boolean {
  if (parent === undefined || node.type !== 'Identifier') return false;
  if (parent.type === 'MemberExpression') return parent.property === node && parent.computed !== true;
  if (/^(Property|PropertyDefinition|MethodDefinition|TS\w*Signature)$/.test(parent.type)) {
    return parent.key === node && parent.shorthand !== true;
  }
  return /^(ImportSpecifier|ExportSpecifier|TSQualifiedName|LabeledStatement)$/.test(parent.type);
}

/** Names taken by `import { env } from 'node:process'` or `const { env } = process`. */
function takenFromProcess(node: Syntax): string[] {
  const imported = node.type === 'ImportDeclaration' && /^(node:)?process$/.test(String((node.source as Syntax).value));
  if (imported) return entriesOf(node.specifiers).map(({ imported: from }) => dottedName(from) || 'env');
  const pattern = node.id as Syntax | undefined;
  if (node.type !== 'VariableDeclarator' || pattern?.type !== 'ObjectPattern' || dottedName(node.init) !== 'process')
    return [];
  return entriesOf(pattern.properties).map(({ key }) => dottedName(key));
}

function entriesOf(list: unknown): readonly Syntax[] {
  return Array.isArray(list) ? (list as Syntax[]) : [];
}

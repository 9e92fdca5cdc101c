import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** The repository as the rules see it: every module of our own, parsed once. */
export interface Project {
  readonly root: string;
  readonly modules: readonly Module[];
}

export interface Module {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
  readonly syntax: Syntax;
  readonly imports: readonly Import[];
  lineAt(offset: number): number;
}

export interface Import {
  readonly kind: 'static' | 'type' | 'dynamic' | 'worker' | 'unreadable';
  readonly line: number;
  readonly specifier: string;
  /** The module of ours that it names, from the root; undefined for packages and Node's own. */
  readonly target: string | undefined;
}

/** A node of the syntax tree (ESTree with TypeScript); rules ask for the fields they know. */
export interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** What a rule says: how many things it looked at, and where it was broken. */
export interface Verdict {
  readonly looked: number;
  readonly findings: readonly string[];
}

export interface Rule {
  readonly name: string;
  /** Why the rule is there; printed when it is broken. */
  readonly reason: string;
  check(project: Project): Verdict;
}

const ownModules = '{src,build,checks,test,bench,bin}/**/*.{ts,cjs,js,mjs}';

/** Reads and parses every module under `root`; a syntax error or an empty repository is an error. */
export function readProject(root: string): Project {
  const paths = globSync(ownModules, { cwd: root, exclude: ['**/node_modules/**'] });
  if (paths.length === 0) throw new Error(`no module found under ${root}: nothing was checked`);
  return { root, modules: paths.sort().map((path) => readModule(root, path.replaceAll('\\', '/'))) };
}

function readModule(root: string, path: string): Module {
  const text = readFileSync(join(root, path), 'utf8');
  const { program, errors } = parseSync(path.endsWith('.cjs') ? path.replace(/cjs$/, 'js') : path, text, {
    sourceType: path.endsWith('.cjs') ? 'script' : 'module',
  });
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const lineStarts = [...text.matchAll(/^/gm)].map((match) => match.index);
  const lineAt = (offset: number): number => lineStarts.findLastIndex((start) => start <= offset) + 1;
  const syntax = program as unknown as Syntax;
  const isTest = /\.test\.ts$/.test(path) || path.startsWith('test/') || path.startsWith('bench/');
  return { path, text, isTest, syntax, imports: importsOf(path, syntax, lineAt), lineAt };
}

/** Calls `visit` for each node, parents first, with the nodes around it (nearest last). */
export function walk(node: Syntax, visit: (node: Syntax, parents: readonly Syntax[]) => void): void {
  const parents: Syntax[] = [];
  const step = (current: Syntax): void => {
    visit(current, parents);
    parents.push(current);
    for (const value of Object.values(current)) {
      for (const child of Array.isArray(value) ? value : [value]) if (isSyntax(child)) step(child);
    }
    parents.pop();
  };
  step(node);
}

export function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** `a.b.c` for a chain of plain names, else ''. */
export function dottedName(node: unknown): string {
  if (!isSyntax(node)) return '';
  if (node.type === 'Identifier') return String(node.name);
  if (node.type === 'MetaProperty') return `${dottedName(node.meta)}.${dottedName(node.property)}`;
  if (node.type === 'ChainExpression') return dottedName(node.expression);
  if (node.type !== 'MemberExpression') return '';
  const owner = dottedName(node.object);
  const name = node.computed === true ? literalText(node.property) : dottedName(node.property);
  return owner === '' || name === undefined || name === '' ? '' : `${owner}.${name}`;
}

function importsOf(path: string, syntax: Syntax, lineAt: (offset: number) => number): Import[] {
  const found: Import[] = [];
  walk(syntax, (node) => {
    const read = readImport(node);
    if (read === undefined) return;
    const { kind, specifier } = read;
    const target = specifier.startsWith('.') ? posix.join(dirname(path), specifier).replace(/\.js$/, '.ts') : undefined;
    found.push({ kind, specifier, target, line: lineAt(node.start) });
  });
  return found;
}

function readImport(node: Syntax): Pick<Import, 'kind' | 'specifier'> | undefined {
  if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) {
    const specifier = literalText(node.source);
    const kind = node.importKind === 'type' || node.exportKind === 'type' ? 'type' : 'static';
    return specifier === undefined ? undefined : { kind, specifier };
  }
  if (node.type === 'TSImportType') return named('type', literalText(node.source ?? node.argument));
  if (node.type === 'ImportExpression') return named('dynamic', literalText(node.source));
  const [first, second] = Array.isArray(node.arguments) ? node.arguments : [];
  if (node.type === 'CallExpression' && dottedName(node.callee) === 'require')
    return named('static', literalText(first));
  if (node.type === 'CallExpression' && dottedName(node.callee) === 'import.meta.resolve') {
    return named('worker', literalText(first));
  }
  if (node.type === 'NewExpression' && dottedName(node.callee) === 'URL' && dottedName(second) === 'import.meta.url') {
    const address = literalText(first);
    if (address === undefined || /\.worker(\.[jt]s)?$/.test(address))
      return named('worker', address?.replace(/(\.worker)$/, '$1.ts'));
  }
  return undefined;
}

function named(kind: Import['kind'], specifier: string | undefined): Pick<Import, 'kind' | 'specifier'> {
  return specifier === undefined ? { kind: 'unreadable', specifier: '' } : { kind, specifier };
}

/** The text of a string; of a template, what stands before its first `${`. */
function literalText(node: unknown): string | undefined {
  if (!isSyntax(node)) return undefined;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'TSLiteralType') return literalText(node.literal);
  if (node.type !== 'TemplateLiteral' || !Array.isArray(node.quasis)) return undefined;
  const start = node.quasis[0]?.value?.cooked;
  return typeof start === 'string' && start !== '' ? start : undefined;
}

import { dottedName, type Module, type Rule, type Syntax, walk } from '../project.ts';

const linesPerFile = 400;
const linesPerFunction = 80;

export const budgets: Rule = {
  name: 'budgets',
  reason: `A file over ${linesPerFile} lines or a function over ${linesPerFunction} does more than one thing: split it where the second begins.`,
  check(project) {
    const findings = project.modules.flatMap((module) => [...longFile(module), ...longFunctions(module)]);
    return { looked: project.modules.length, findings };
  },
};

function longFile({ path, text }: Module): string[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > linesPerFile ? [`${path}: ${lines} lines`] : [];
}

function longFunctions(module: Module): string[] {
  const findings: string[] = [];
  walk(module.syntax, (node, parents) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    if (isSuite(parents.at(-1))) return;
    const [first, last] = [module.lineAt(node.start), module.lineAt(node.end)];
    const lines = last - first + 1;
    if (lines > linesPerFunction && !listsTests(node))
      findings.push(`${module.path}:${first}: a function of ${lines} lines`);
  });
  return findings;
}

/** The body of `describe(…)` is a list of tests, not a function that does something. */
function isSuite(parent: Syntax | undefined): boolean {
  return parent?.type === 'CallExpression' && /^(describe|suite)\b/.test(dottedName(parent.callee));
}

/** Neither is a function that registers the tests of a contract. */
function listsTests(node: Syntax): boolean {
  let found = false;
  walk(node, (inner) => {
    found ||= inner.type === 'CallExpression' && /^(describe|suite|test|it)$/.test(dottedName(inner.callee));
  });
  return found;
}

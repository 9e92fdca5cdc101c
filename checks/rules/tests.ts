import { dottedName, isSyntax, type Module, type Rule, type Syntax, walk } from '../project.ts';

const runner = /^(test|it|describe|suite|t)\b/;

export const tests: Rule = {
  name: 'tests',
  reason:
    'A test left on `only`, `todo` or `skip` is a test that cannot fail; what a machine lacks is asked for with needs().',
  check(project) {
    const modules = project.modules.filter(({ path }) => path.endsWith('.test.ts'));
    return { looked: modules.length, findings: modules.flatMap(switchedOff) };
  },
};

function switchedOff(module: Module): string[] {
  const findings: string[] = [];
  walk(module.syntax, (node) => {
    if (node.type !== 'CallExpression' || !runner.test(dottedName(node.callee))) return;
    const name = dottedName(node.callee);
    const said = /\.(only|todo|skip)$/.exec(name)?.[1] ?? optionOf(node);
    if (said !== undefined) findings.push(`${module.path}:${module.lineAt(node.start)}: ${name}(…) says ${said}`);
  });
  return findings;
}

function optionOf(call: Syntax): string | undefined {
  for (const argument of call.arguments as unknown[]) {
    if (!isSyntax(argument) || argument.type !== 'ObjectExpression') continue;
    for (const property of argument.properties as Syntax[]) {
      const key = dottedName(property.key);
      if (/^(only|todo|skip)$/.test(key) && isSyntax(property.value) && property.value.type === 'Literal') return key;
    }
  }
  return undefined;
}

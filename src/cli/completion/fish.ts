import type { CompletionOption, CompletionTree, CompletionVerb } from './tree.ts';

/** Completions for fish. */
export function fishScript(tree: CompletionTree): string {
  const lines = [
    '# fish completion of longhaul; made by: longhaul completion fish',
    ...tree.globals.map((option) => optionLine(option, undefined)),
    ...tree.verbs.map(
      ({ name, summary }) => `complete -c longhaul -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ),
    ...tree.verbs.flatMap(verbLines),
  ];
  return `${lines.join('\n')}\n`;
}

function verbLines(verb: CompletionVerb): string[] {
  const words =
    verb.words.length > 0 ? [`complete -c longhaul ${when(verb.name)} -f -a ${quoted(verb.words.join(' '))}`] : [];
  return [...words, ...verb.options.map((option) => optionLine(option, verb.name))];
}

function optionLine(
  { flags, description, takesValue, choices, value }: CompletionOption,
  verb: string | undefined,
): string {
  const parts = [
    'complete -c longhaul',
    ...(verb === undefined ? [] : [when(verb)]),
    ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
    ...(takesValue ? ['-r'] : []),
    ...(choices.length > 0 ? [`-f -a ${quoted(choices.join(' '))}`] : []),
    ...(takesValue && choices.length === 0 && value === 'other' ? ['-f'] : []),
    ...(value === 'folder' ? ["-f -a '(__fish_complete_directories)'"] : []),
    `-d ${quoted(description)}`,
  ];
  return parts.join(' ');
}

function when(verb: string): string {
  return `-n '__fish_seen_subcommand_from ${verb}'`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

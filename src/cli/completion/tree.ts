import type { Argument, Command, Option } from 'commander';

/** The command line as a shell needs to know it. */
export interface CompletionTree {
  readonly globals: readonly CompletionOption[];
  readonly verbs: readonly CompletionVerb[];
}

export interface CompletionVerb {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  /** Words that may stand there: verbs below it, or choices of its argument. */
  readonly words: readonly string[];
}

export interface CompletionOption {
  /** `--dir`, `-d` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly value: 'folder' | 'file' | 'other';
}

/** Reads it from commander's own tree, so that it is never out of date. */
export function treeOf(program: Command): CompletionTree {
  return {
    globals: optionsOf(program),
    verbs: program.commands.map((command) => ({
      name: command.name(),
      summary: command.summary() || command.description(),
      options: [...optionsOf(command), ...command.commands.flatMap(optionsOf)].filter(firstOfItsName),
      words: [...command.commands.map((below) => below.name()), ...command.registeredArguments.flatMap(choicesOf)],
    })),
  };
}

function optionsOf(command: Command): CompletionOption[] {
  const help = {
    flags: ['--help', '-h'],
    description: 'print help',
    takesValue: false,
    choices: [],
    value: 'other',
  } as const;
  return [...command.options.map(completionOption), help];
}

function completionOption(option: Option): CompletionOption {
  const flags = [option.long, option.short].filter((flag) => flag !== undefined);
  const takesValue = option.required || option.optional;
  return {
    flags,
    description: option.description,
    takesValue,
    choices: option.argChoices ?? [],
    value: valueKind(option),
  };
}

function valueKind({ flags }: Option): CompletionOption['value'] {
  if (flags.includes('<folder>')) return 'folder';
  return flags.includes('<file>') ? 'file' : 'other';
}

function choicesOf(argument: Argument): readonly string[] {
  return argument.argChoices ?? [];
}

function firstOfItsName(option: CompletionOption, n: number, all: readonly CompletionOption[]): boolean {
  return all.findIndex(({ flags }) => flags[0] === option.flags[0]) === n;
}

import type { CompletionOption, CompletionTree, CompletionVerb } from './tree.ts';

/** A completion script for bash 4 and newer; needs nothing but bash. */
export function bashScript(tree: CompletionTree): string {
  return `# bash completion of longhaul; made by: longhaul completion bash
_longhaul() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev= verb= word i
  COMPREPLY=()
  ((COMP_CWORD > 0)) && prev=\${COMP_WORDS[COMP_CWORD-1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${globalsWithValue(tree)}) ((i++)) ;;
      -*) ;;
      *) verb=$word; break ;;
    esac
  done
  case $verb:$prev in
${[...valueCases('*', tree.globals), ...tree.verbs.flatMap((verb) => valueCases(verb.name, verb.options))].join('\n')}
  esac
  case $verb in
    '') _longhaul_words ${quoted([...tree.verbs.map(({ name }) => name), ...flagsOf(tree.globals)])} ;;
${tree.verbs.map((verb) => verbCase(verb, tree.globals)).join('\n')}
  esac
}
_longhaul_words() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
complete -o default -F _longhaul longhaul
`;
}

function globalsWithValue(tree: CompletionTree): string {
  return tree.globals
    .filter(({ takesValue }) => takesValue)
    .flatMap(({ flags }) => flags)
    .join('|');
}

/** What may follow an option that takes a value. */
function valueCases(verb: string, options: readonly CompletionOption[]): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(
      (option) => `    ${option.flags.map((flag) => `${verb}:${flag}`).join('|')}) ${valueAction(option)}; return ;;`,
    );
}

function valueAction({ choices, value }: CompletionOption): string {
  if (choices.length > 0) return `_longhaul_words ${quoted(choices)}`;
  if (value === 'folder') return `local IFS=$'\\n'; COMPREPLY=($(compgen -d -- "$cur"))`;
  return value === 'file' ? `local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur"))` : 'COMPREPLY=()';
}

function verbCase(verb: CompletionVerb, globals: readonly CompletionOption[]): string {
  const flags = quoted([...new Set([...flagsOf(verb.options), ...flagsOf(globals)])]);
  const words = verb.words.length > 0 ? quoted(verb.words) : `''`;
  return `    ${verb.name}) if [[ $cur == -* ]]; then _longhaul_words ${flags}; else _longhaul_words ${words}; fi ;;`;
}

/** The long forms: nobody needs to complete a letter. */
function flagsOf(options: readonly CompletionOption[]): string[] {
  return options.flatMap(({ flags }) => flags.slice(0, 1));
}

/** One word a line, in bash's own quotes. */
function quoted(words: readonly string[]): string {
  return `$'${words.map((word) => word.replace(/['\\]/g, '\\$&')).join('\\n')}'`;
}

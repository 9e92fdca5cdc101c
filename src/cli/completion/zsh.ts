import type { CompletionOption, CompletionTree, CompletionVerb } from './tree.ts';

/** A completion function for zsh, to be found as `_longhaul` in a folder of `fpath`. */
export function zshScript(tree: CompletionTree): string {
  return `#compdef longhaul
# zsh completion of longhaul; made by: longhaul completion zsh
_longhaul() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${tree.globals.map(spec).map(continued).join('\n')}
    '1:verb:->verb' \\
    '*::argument:->argument'
  case $state in
    verb)
      local -a verbs=(
${tree.verbs.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe verb verbs
      ;;
    argument)
      case $line[1] in
${tree.verbs.map(verbCase).join('\n')}
      esac
      ;;
  esac
}
_longhaul "$@"
`;
}

function verbCase(verb: CompletionVerb): string {
  const words = verb.words.length > 0 ? `'*:word:(${verb.words.join(' ')})'` : `'*:argument:_default'`;
  return `        ${verb.name})
          _arguments \\
${verb.options
  .map(spec)
  .map((line) => `            ${line} \\`)
  .join('\n')}
            ${words}
          ;;`;
}

/** One \`_arguments\` spec: \`(-d --dir){-d,--dir}[text]:name:_files -/\`. */
function spec(option: CompletionOption): string {
  const { flags, description, takesValue } = option;
  const text = `[${description.replace(/[[\]\\]/g, '\\$&')}]${takesValue ? value(option) : ''}`;
  const [only] = flags;
  return flags.length === 1
    ? quoted(`${only}${text}`)
    : `${quoted(`(${flags.join(' ')})`)}{${flags.join(',')}}${quoted(text)}`;
}

function value({ choices, value: kind }: CompletionOption): string {
  if (choices.length > 0) return `:value:(${choices.join(' ')})`;
  if (kind === 'folder') return ':folder:_files -/';
  return kind === 'file' ? ':file:_files' : ':value: ';
}

function continued(line: string): string {
  return `    ${line} \\`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

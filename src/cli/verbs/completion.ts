import { Argument } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { treeOf } from '../completion/tree.ts';
import { zshScript } from '../completion/zsh.ts';
import { exit } from '../exit-codes.ts';
import { jsonOption } from '../options.ts';
import type { Verb } from '../verb.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `longhaul completion`: made from the same command tree that parses the command line. */
export const completion: Verb = {
  define(command) {
    command
      .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  $ longhaul completion bash > ~/.local/share/bash-completion/completions/longhaul
  $ longhaul completion zsh > ~/.zfunc/_longhaul        (with fpath+=~/.zfunc before compinit)
  $ longhaul completion fish > ~/.config/fish/completions/longhaul.fish`,
      );
  },
  async run(command, context) {
    const shell = command.args[0] as keyof typeof scripts;
    const script = scripts[shell](treeOf(await context.commandTree()));
    if (command.opts<{ readonly json?: boolean }>().json) context.screen.json({ shell, script });
    else for (const line of script.trimEnd().split('\n')) context.screen.out.line(line);
    return exit.done;
  },
};

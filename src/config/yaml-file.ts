import { type Document, isAlias, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './problems.ts';
import { type Settings, settingsFromTree } from './settings.ts';

/** How often one anchor may be used before a file is taken for an attack. */
const mostAliases = 50;

/**
 * Reads the text of a config file (YAML 1.2) into settings with the line of each. Throws ConfigError
 * with line and column when it is not YAML; keys that are unknown come back as problems.
 */
export function parseConfigFile(path: string, text: string): Settings {
  const lines = new LineCounter();
  const document = parse(path, text, lines);
  return settingsFromTree(treeOf(path, document), path, (at) => lineOf(document, lines, at));
}

function parse(path: string, text: string, lines: LineCounter): Document {
  const document = whole(path, () =>
    parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false, stringKeys: true }),
  );
  if (document.errors.length === 0) return document;
  throw new ConfigError(
    document.errors.slice(0, 5).map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { origin: { kind: 'file', path, line }, allowed: `column ${col}: not YAML: ${firstLine(message)}` };
    }),
    { cause: document.errors[0] },
  );
}

function treeOf(path: string, document: Document): unknown {
  return whole(path, () => document.toJS({ maxAliasCount: mostAliases }));
}

/** What the parser throws (too many aliases, too deep) is a fault of the file. */
function whole<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? firstLine(error.message) : String(error);
    throw new ConfigError([{ origin: { kind: 'file', path }, allowed: `not a usable YAML file: ${message}` }], {
      cause: error,
    });
  }
}

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number | undefined {
  let node: unknown = document.contents;
  let position: number | undefined;
  for (const name of path) {
    const map = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(map) ? map.items.find(({ key }) => isScalar(key) && String(key.value) === name) : undefined;
    if (pair === undefined) break;
    position = isScalar(pair.key) ? pair.key.range?.[0] : position;
    node = pair.value;
  }
  return position === undefined ? undefined : lines.linePos(position).line;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

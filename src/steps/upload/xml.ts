import { Failure } from '../../downloads/failure.ts';

/** An answer in XML: elements by their names without prefixes, texts as they are; `lists` always as arrays. */
export type Xml = Readonly<Record<string, unknown>>;

/** Document types are refused, so that no entity is ever expanded. Throws `Failure('protocol')`. */
export async function readXml(text: string, lists: readonly string[] = []): Promise<Xml> {
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text) || XMLValidator.validate(text) !== true) throw unreadable();
  try {
    const parser = new XMLParser({
      removeNSPrefix: true,
      parseTagValue: false,
      processEntities: true,
      htmlEntities: false,
      isArray: (name) => lists.includes(name),
    });
    return inside(parser.parse(text));
  } catch (error) {
    throw unreadable(error);
  }
}

/** The elements within an element. Pure. */
export function inside(value: unknown, ...path: readonly string[]): Xml {
  let found: unknown = value;
  for (const name of path) found = isElement(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  return isElement(found) ? found : {};
}

/** The text of an element; undefined where it has none. Pure. */
export function textIn(element: Xml, name: string): string | undefined {
  const text = Object.hasOwn(element, name) ? element[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}

function isElement(value: unknown): value is Xml {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(cause?: unknown): Failure {
  return new Failure('protocol', 'it answered with something that is not the XML that was expected', { cause });
}

/** The codec on its own, published as `kmipd/ttlv`. */
export { decode, defaultLimits } from './decode.ts';
export type { Limits } from './decode.ts';
export { encode, encodedLength } from './encode.ts';
export { createFramer } from './framer.ts';
export type { Framer } from './framer.ts';
export { ItemType, itemTypeName, TtlvError } from './item.ts';
export type { Item, ItemTypeName, ScalarItem, StructureItem } from './item.ts';
export { defaultJsonLimits, readJson, writeJson } from './json.ts';
export type { Names, Place } from './names.ts';
export { printText } from './text.ts';
export type { Shown } from './text.ts';
export { itemFromElement, readXml, writeXml } from './xml.ts';
export { defaultXmlLimits, readElements } from './xml-elements.ts';
export type { XmlElement } from './xml-elements.ts';

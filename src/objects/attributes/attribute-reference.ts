/** The names of attributes: a text in 1.x, a tag or a vendor's two texts in 2.x, the key of the row in this code. */
import { quoted } from '#protocol/codecs';
import { KmipError } from '#protocol/kmip-error';
import { attributeByName, attributeRow, type AttributeKey } from './attributes.ts';

/** An attribute: its row, and for a custom one its names. */
export interface Reference {
  readonly key: AttributeKey;
  readonly vendor?: { readonly vendorIdentification: string; readonly attributeName: string };
}

/** The prefixes of 1.x (1.4 §3.39) are the Vendor Identifications of 2.x (2.1 §4.60). */
const customName = /^([xy])-(.+)$/s;

export const unknownAttribute = (name: string, scope = ''): KmipError =>
  new KmipError('InvalidAttribute', `attribute ${name} is not known${scope}`);

/** @throws KmipError InvalidAttribute with the name when the attribute does not exist. */
export function referenceByName(attributeName: string): Reference {
  const key = attributeByName(attributeName);
  if (key !== undefined && key !== 'vendorAttribute') return { key };
  const custom = customName.exec(attributeName);
  if (custom === null) throw unknownAttribute(quoted(attributeName));
  return {
    key: 'vendorAttribute',
    vendor: { vendorIdentification: custom[1] as string, attributeName: custom[2] as string },
  };
}

/** The Attribute Name of 1.x; undefined when 1.x cannot name it, as with other vendors' attributes. */
export function nameOf({ key, vendor }: Reference): string | undefined {
  if (vendor === undefined) return attributeRow(key).name;
  const { vendorIdentification, attributeName } = vendor;
  return vendorIdentification === 'x' || vendorIdentification === 'y'
    ? `${vendorIdentification}-${attributeName}`
    : undefined;
}

/** The name of an attribute in error messages. */
export const referenceText = (reference: Reference): string =>
  reference.vendor === undefined
    ? attributeRow(reference.key).name
    : quoted(`${reference.vendor.vendorIdentification}-${reference.vendor.attributeName}`);

/** Equal for two references to one attribute, and for no others. */
export const referenceId = ({ key, vendor }: Reference): string =>
  vendor === undefined ? key : `${key}\0${vendor.vendorIdentification}\0${vendor.attributeName}`;

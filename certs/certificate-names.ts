import { isIPv4, isIPv6 } from 'node:net';

import { OctetString, Utf8String } from 'asn1js';
import { AttributeTypeAndValue, GeneralName, RelativeDistinguishedNames } from 'pkijs';
import { OperatorError } from '#operator-error';

/** Names as certificates hold them: a subject that is one common name, and alternative names that machines dial. */

const commonNameType = '2.5.4.3';
/** RFC 5280 appendix A.1, ub-common-name. */
export const maximumCommonName = 64;
const maximumNames = 64;
const maximumDnsName = 253;
const dnsLabel = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** RFC 5280 §4.2.1.6: the tags of the GeneralName choices that we write. */
const GeneralNameType = { dns: 2, uri: 6, ip: 7 } as const;
/** All of them, as openssl calls them. */
const generalNames = ['otherName', 'email', 'DNS', 'X400', 'dirName', 'EdiParty', 'URI', 'IP', 'RID'];

export function subjectOf(commonName: string): RelativeDistinguishedNames {
  const length = [...commonName].length;
  if (length === 0 || length > maximumCommonName) {
    throw new OperatorError(`the common name must have 1 to ${maximumCommonName} characters`);
  }
  if (/\p{Cc}/u.test(commonName)) throw new OperatorError('the common name must have no control characters');
  const value = new Utf8String({ value: commonName });
  return new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: commonNameType, value })],
  });
}

/** Each text becomes an IP address or a DNS name, whichever it looks like; doubles are dropped. */
export function alternativeNames(names: readonly string[]): GeneralName[] {
  const distinct = [...new Set(names.map((name) => name.toLowerCase()))];
  if (distinct.length > maximumNames) {
    throw new OperatorError(`a certificate must have at most ${maximumNames} names, not ${distinct.length}`);
  }
  return distinct.map(alternativeName);
}

function alternativeName(name: string): GeneralName {
  const address = addressBytes(name);
  if (address !== undefined) {
    return new GeneralName({ type: GeneralNameType.ip, value: new OctetString({ valueHex: address }) });
  }
  if (isDnsName(name)) return new GeneralName({ type: GeneralNameType.dns, value: name });
  throw new OperatorError(
    `${quoted(name)} is neither a DNS name nor an IP address`,
    'write names of other scripts in their xn-- form, and addresses without brackets, port or zone',
  );
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, maximumDnsName)).replace(/[^\x20-\x7e]/g, '?');
}

/** A wildcard may stand for the whole first label; underscores are not DNS, but Windows networks have them. */
function isDnsName(name: string): boolean {
  if (name.length > maximumDnsName || /^[\d.]+$/.test(name)) return false;
  const labels = name.replace(/^\*\.(?=.)/, '').split('.');
  return labels.every((label) => dnsLabel.test(label));
}

/** The 4 or 16 bytes of an address, undefined for anything else. */
function addressBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser turns a trailing dotted quad into hexadecimal groups, so that only `::` is left to expand.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string | undefined) => (part ? part.split(':') : []);
  const [first, last] = [groups(head), groups(tail)];
  const all = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return Uint8Array.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]));
}

/** The text of an alternative name that we would write too, undefined for any other. */
export function textOf(name: GeneralName): string | undefined {
  if (name.type === GeneralNameType.dns) return isDnsName(String(name.value)) ? String(name.value) : undefined;
  if (name.type !== GeneralNameType.ip || !(name.value instanceof OctetString)) return undefined;
  const bytes = [...name.value.valueBlock.valueHexView];
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** For messages: 'DNS:a.example', 'URI:urn:x'; of kinds that are no text the kind alone. */
export function describedName(name: GeneralName): string {
  const kind = generalNames[name.type] ?? 'unknown';
  const text = textOf(name) ?? (typeof name.value === 'string' ? name.value.slice(0, maximumDnsName) : undefined);
  return text === undefined ? kind : `${kind}:${text.replace(/[^\x21-\x7e]/g, '?')}`;
}

/**
 * Where a revocation list is fetched: plain HTTP is usual, since the list is signed and TLS would need a list first.
 */
export function uriName(url: string): GeneralName {
  if (!URL.canParse(url) || !/^https?:\/\/[\x21-\x7e]{1,1000}$/.test(url)) {
    throw new OperatorError(
      'the URL of the revocation list must be http or https, in ASCII, with at most 1000 characters',
    );
  }
  return new GeneralName({ type: GeneralNameType.uri, value: url });
}

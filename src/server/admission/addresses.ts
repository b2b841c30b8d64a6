/**
 * Where connections come from, as far as it decides about them: what counts as one address, and who was here before.
 */
import { isIPv6 } from 'node:net';

/**
 * What one person has of addresses: an IPv4 address, or the /64 of an IPv6 address, within which anybody takes as many
 * as he likes. IPv4 within IPv6 (::ffff:192.0.2.1) is IPv4.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [plain = ''] = address.split('%');
  const [, mapped] = /^::ffff:([0-9.]+)$/i.exec(plain) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = plain.split('::') as [string, string?];
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const first = groupsOf(head);
  if (tail !== undefined) {
    // An IPv4 address at the end stands for two groups.
    const last = groupsOf(tail);
    const missing = 8 - first.length - last.length - (last.at(-1)?.includes('.') === true ? 1 : 0);
    first.push(...Array<string>(Math.max(0, missing)).fill('0'), ...last);
  }
  const groups = first.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${groups.join(':')}::/64`;
}

export interface Acquaintances {
  has(network: string): boolean;
  /** A client was let in from there. */
  add(network: string): void;
}

/** Of so many networks, the latest ones. */
const mostNetworks = 10_000;
/** Milliseconds after the last client from there was let in: over night, and a bit. */
const memory = 24 * 60 * 60 * 1000;

/** @param now in milliseconds, of any clock that never goes back. */
export function createAcquaintances(now: () => number): Acquaintances {
  /** When each was last seen; the one seen longest ago comes first. */
  const seen = new Map<string, number>();
  return {
    has(network) {
      const at = seen.get(network);
      if (at === undefined) return false;
      if (now() - at < memory) return true;
      seen.delete(network);
      return false;
    },
    add(network) {
      seen.delete(network);
      seen.set(network, now());
      if (seen.size <= mostNetworks) return;
      const [oldest] = seen.keys();
      if (oldest !== undefined) seen.delete(oldest);
    },
  };
}

/** Addresses of peers: what counts as one address, and which networks had a client lately. */
import { isIPv6 } from 'node:net';

/**
 * The addresses that one peer can choose from: an IPv4 address, or the /64 of an IPv6 address. IPv4 within IPv6
 * (::ffff:192.0.2.1) counts as IPv4.
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
  /** A client was admitted from this address. */
  add(network: string): void;
}

/** The maximum of remembered networks; the oldest are dropped. */
const mostNetworks = 10_000;
/** In milliseconds, after the last admitted client of the network: a night and some hours. */
const memory = 24 * 60 * 60 * 1000;

/** @param now in milliseconds, from a clock that never goes back. */
export function createAcquaintances(now: () => number): Acquaintances {
  /** When each network was last seen; the oldest comes first. */
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

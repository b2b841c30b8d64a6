/** Another client's objects: they must neither change nor be seen, whatever the first one sends. */
import { callerOver, type Exchange } from './pool.ts';
import { id, name, given } from '#test/clients/caller';
import { enumerated, int, item, request, value } from '#test/fixtures/items';
import { encode } from '#ttlv/encode';
import type { Item } from '#ttlv/item';
import { rawAes } from '#test/fixtures/key-blocks';

export interface Victim {
  readonly ids: readonly string[];
  /** Whether bytes hold what only the victim knows. */
  isIn(answer: Buffer): boolean;
  /** What has changed; nothing when all is as it was. */
  changed(): Promise<string | undefined>;
}

/** In every encoding, and as text or bytes of a key. */
const secret = 'VICTIM-0f1e2d3c4b5a6978';
const traces = [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('hex').toUpperCase()];

export async function openVictim(exchange: Exchange): Promise<Victim> {
  const here = callerOver(exchange, '2.1');
  const material = Buffer.from(secret.padEnd(32, '.')).toString('hex');
  const key = rawAes(material);
  const ids: string[] = [];
  for (let count = 0; count < 8; count++) {
    const attributes = given('2.1', int('CryptographicUsageMask', 12), name(`${secret} ${count}`));
    const payload = await here.call('Register', enumerated('ObjectType', 'SymmetricKey'), attributes, key);
    ids.push(value(payload, 'UniqueIdentifier') as string);
  }
  const seen = async (): Promise<string[]> => {
    const states: string[] = [];
    for (const each of ids) {
      const asked: Item = request('2.1', [item('Get', [id(each)]), item('GetAttributes', [id(each)])]);
      const answer = await here.exchange(asked);
      // The header has the time.
      const items = (answer.value as readonly Item[]).slice(1);
      states.push(items.map((part) => Buffer.from(encode(part)).toString('hex')).join());
    }
    return states;
  };
  const before = await seen();
  return {
    ids,
    isIn: (answer) => traces.some((trace) => answer.includes(trace)),
    async changed() {
      const after = await seen();
      const place = after.findIndex((state, at) => state !== before[at]);
      return place < 0 ? undefined : `an object of another client has changed: number ${place} of its objects`;
    },
  };
}

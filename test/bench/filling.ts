/** Objects as Create makes them, put into a store without the wire. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { newObject } from '#objects/new-object';
import { identifiers } from '#server/run/identifier';
import { openLmdb } from '#store/engines/lmdb';
import { objectKind } from '#repository/object-record';
import { openStore } from '#store/open-store';
import { rootKeyFile } from '#store/seal/root-key-file';
import { create, type StoreChange } from '#store/store';

const objectsPerCommit = 200;

export const nameOf = (place: number): string => `volume-${place}`;

/** Resolves with the identifier of the last. */
export async function fill(directory: string, count: number): Promise<string> {
  const engine = await openLmdb(join(directory, 'store'));
  const store = await openStore({ engine, rootKey: rootKeyFile(join(directory, 'root.key')) });
  const newIdentifier = identifiers(randomBytes);
  let last = '';
  for (let done = 0; done < count; done += objectsPerCommit) {
    const changes = Array.from({ length: Math.min(objectsPerCommit, count - done) }, (_, place) => {
      last = newIdentifier(Date.now());
      return keyNamed(nameOf(done + place), last);
    });
    await store.commit(changes);
  }
  await store.close();
  return last;
}

function keyNamed(name: string, id: string): StoreChange {
  const { object, material } = newObject({
    id,
    owner: 'bench',
    structure: {
      objectType: 'SymmetricKey',
      keyBlock: {
        keyFormatType: 'Raw',
        keyValue: { keyMaterial: randomBytes(32) },
        cryptographicAlgorithm: 'AES',
        cryptographicLength: 256,
      },
    },
    given: {
      name: [{ nameValue: name, nameType: 'UninterpretedTextString' }],
      cryptographicAlgorithm: 'AES',
      cryptographicLength: 256,
      cryptographicUsageMask: 12,
    },
    found: {},
    now: Math.floor(Date.now() / 1000),
    generated: true,
  });
  return create(objectKind, object.id, object, material);
}

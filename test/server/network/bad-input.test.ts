/**
 * What no client should send: each row gets its answer, byte for byte, or the close and its line in the log. After each
 * one another client's key is where it was, and the server goes on.
 */
import { expect } from 'chai';
import { bytes, hex } from '#test/ttlv/wire';
import { decode } from '#ttlv/decode';
import { encode } from '#ttlv/encode';
import { answerWire, discover, get, header, message, reasons, rows } from './bad-messages.ts';
import { attribute, enumerated, int, request, struct, text, value, item } from '#test/fixtures/items';
import { openTlsPlace, type Holder, type Peer, type TlsPlace } from './tls-place.ts';

describe('bad input', () => {
  let place: TlsPlace;
  let array: Holder;
  let witness: Peer;
  let key: string;

  before(async () => {
    place = await openTlsPlace({
      limits: { handshakeTimeout: 500, maximumConnections: 200, maximumConnectionsPerClient: 200 },
    });
    array = await place.add('array');
    witness = await place.dial(await place.add('witness'));
    const template = struct(
      'TemplateAttribute',
      attribute('Cryptographic Algorithm', enumerated('CryptographicAlgorithm', 'AES')),
      attribute('Cryptographic Length', int('AttributeValue', 256)),
      attribute('Cryptographic Usage Mask', int('AttributeValue', 12)),
    );
    const created = await exchange(
      witness,
      encode(request('1.4', [item('Create', [enumerated('ObjectType', 'SymmetricKey'), template])])),
    );
    key = value(decode(created), 'BatchItem', 'ResponsePayload', 'UniqueIdentifier') as string;
  });
  after(() => place.close());

  async function exchange(peer: Peer, sent: Uint8Array): Promise<Buffer> {
    peer.socket.write(sent);
    const answer = await peer.next();
    if (answer === undefined) throw new Error('the server closed the connection');
    return answer;
  }

  /** The server goes on, and nothing is lost. */
  afterEach(async () => {
    const got = await exchange(witness, encode(request('1.4', [item(get, [text('UniqueIdentifier', key)])])));
    expect(value(decode(got), 'BatchItem', 'ResultStatus')).to.equal(0);
  });

  for (const { name, sends, answer, closes } of rows) {
    it(`answers ${name}, and ${closes ? 'closes' : 'goes on'}`, async () => {
      const peer = await place.dial(array);
      const sent = bytes(sends);
      expect(hex(await exchange(peer, sent))).to.equal(answerWire(answer, place.fixture.clock.now));
      if (!answer.ofItem) expect(place.said()).to.include(JSON.stringify(answer.says).slice(1, -1));
      if (closes) expect(await peer.next()).to.equal(undefined);
      else expect(hex(await exchange(peer, sent))).to.equal(answerWire(answer, place.fixture.clock.now));
      peer.socket.destroy();
    });
  }

  it('answers a message larger than the bound while the client still sends it, and reads no second one', async () => {
    const peer = await place.dial(array);
    const announced = 8 * 1024 * 1024;
    peer.socket.write(bytes(`420078 01 ${announced.toString(16).padStart(8, '0')}`));
    for (let sent = 0; sent < announced; sent += 65_536) peer.socket.write(Buffer.alloc(65_536, 0x42));
    peer.socket.write(bytes(message(header(1, 4), discover)));
    const answer = decode((await peer.next()) ?? Buffer.of());
    expect(value(answer, 'BatchItem', 'ResultReason')).to.equal(reasons.invalidMessage);
    expect(await peer.next()).to.equal(undefined);
  });

  it('answers what came whole before the first byte that is no message', async () => {
    const peer = await place.dial(array);
    const good = bytes(message(header(1, 4), discover));
    peer.socket.write(Buffer.concat([good, good, Buffer.from('QUIT\r\n')]));
    for (const expected of [0, 0, 1]) {
      const answer = decode((await peer.next()) ?? Buffer.of());
      expect(value(answer, 'BatchItem', 'ResultStatus')).to.equal(expected);
    }
    expect(await peer.next()).to.equal(undefined);
  });

  it('closes a connection that ends within a message, with a line in the log', async () => {
    const peer = await place.dial(array);
    peer.socket.end(bytes(message(header(1, 4), discover)).subarray(0, 60));
    expect(await peer.next()).to.equal(undefined);
    expect(place.said()).to.include('a connection ended within a message');
  });

  it('goes on when connections break off without a word', async () => {
    for (let n = 0; n < 5; n++) {
      const peer = await place.dial(array);
      peer.socket.write(bytes(message(header(1, 4), discover)));
      (peer.socket as unknown as { _handle: { close(): void } })._handle.close();
    }
  });
});

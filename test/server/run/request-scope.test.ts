import { expect } from 'chai';
import { RequestScope } from '#server/run/request-scope';
import { serverSession } from '#test/fixtures/handler';

const session = (facts: { isClosed?: () => boolean; hasLeft?: () => boolean } = {}) =>
  serverSession({ connection: 7, clientId: 'client-1', fingerprint: '00', ...facts }).session;

const isWiped = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

describe('the scope of a request', () => {
  it('wipes the message and what was opened when the answer is encoded, and the answer at the end', async () => {
    const scope = new RequestScope(session());
    const [message, opened, reply] = [1, 2, 3].map((byte) => new Uint8Array(100).fill(byte)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    scope.secretsToWipe.addMessage(message);
    scope.secretsToWipe.add(opened);
    await scope.answered(reply);
    expect([message, opened, reply].map(isWiped)).to.deep.equal([true, true, false]);
    await scope.end();
    expect(isWiped(reply)).to.equal(true);
  });

  it('wipes everything at the end of a request without an answer, and may be ended again', async () => {
    const scope = new RequestScope(session());
    const [message, opened] = [new Uint8Array(100).fill(1), new Uint8Array(100).fill(2)];
    scope.secretsToWipe.addMessage(message);
    scope.secretsToWipe.add(opened);
    await scope.end();
    await scope.end();
    expect([message, opened].map(isWiped)).to.deep.equal([true, true]);
  });

  it('keeps the message when items are run again', async () => {
    const scope = new RequestScope(session());
    const [message, opened] = [new Uint8Array(100).fill(1), new Uint8Array(100).fill(2)];
    scope.secretsToWipe.addMessage(message);
    scope.secretsToWipe.add(opened);
    await scope.secretsToWipe.dropAll();
    expect([message, opened].map(isWiped)).to.deep.equal([false, true]);
    expect(scope.secretsToWipe.bytes).to.equal(0);
  });

  it('does not count the message among what items have opened', () => {
    const scope = new RequestScope(session());
    scope.secretsToWipe.addMessage(new Uint8Array(64 * 1024 * 1024));
    expect(scope.secretsToWipe.isFull).to.equal(false);
    expect(() => scope.secretsToWipe.demandRoom()).not.to.throw();
  });

  it('knows at once that its connection is closed, and tells that from a side that has ended', () => {
    let isClosed = false;
    const scope = new RequestScope(session({ isClosed: () => isClosed, hasLeft: () => true }));
    expect([scope.signal.aborted, scope.hasLeft]).to.deep.equal([false, true]);
    isClosed = true;
    expect([scope.signal.aborted, scope.hasLeft]).to.deep.equal([true, true]);
  });
});

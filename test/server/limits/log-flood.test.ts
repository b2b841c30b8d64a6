/** Lines that a client causes at will are bounded: the first ones are written, the others counted. */
import { expect } from 'chai';
import { createCountedLog } from '#server/counted-log';
import { createHandler } from '#test/fixtures/handler';
import { encode } from '#ttlv/encode';
import { openFixture, type Fixture } from '#test/fixtures/fixture';
import { request, text, item } from '#test/fixtures/items';

describe('the log under a client that writes to it without end', () => {
  let fixture: Fixture;
  beforeEach(async () => (fixture = await openFixture()));
  afterEach(() => fixture.close());

  it('takes 100 lines of 1,000 characters from it in a minute, and the others as a number', async () => {
    const lines: string[] = [];
    const write = (message: string, details?: object): void => void lines.push(JSON.stringify({ message, ...details }));
    const log = { debug: () => undefined, info: write, warn: write, error: write };
    const counted = createCountedLog(log);
    const handler = createHandler({ ...fixture.services, log }, counted);
    const session = fixture.session();
    const items = Array.from({ length: 100 }, () => item('Log', [text('LogMessage', 'x'.repeat(1000))], '01'));
    const bytes = encode(request('2.1', items));
    for (let sent = 0; sent < 20; sent += 1) await handler.handle(bytes, session);
    expect(lines.filter((line) => line.includes('a client says'))).to.have.length(100);
    expect(lines.join('').length).to.be.below(200_000);
    counted.close();
    expect(lines.at(-1)).to.include('more lines were left out').and.to.include('"count":1900');
  });
});

import { Writable } from 'node:stream';

import { expect } from 'chai';

import { createLog } from '#log';

describe('the log', () => {
  function collect(format: 'text' | 'json', level = 'info') {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    return { log: createLog({ level, format, stream }), lines };
  }

  it('writes one line of text with the component before and the fields after the message', () => {
    const { log, lines } = collect('text');
    log.child({ component: 'listener' }).warn('refused', { peer: '10.0.0.1:5', why: 'not yet valid' });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^\S+Z warn {2}listener: refused peer=10\.0\.0\.1:5 why="not yet valid"\n$/);
  });

  it('writes JSON lines with the same fields', () => {
    const { log, lines } = collect('json');
    log.child({ component: 'listener' }).info('refused', { count: 3 });
    expect(JSON.parse(lines[0] ?? '')).to.deep.include({
      level: 'info',
      message: 'refused',
      component: 'listener',
      count: 3,
    });
  });

  it('leaves out what is less grave than the level', () => {
    const { log, lines } = collect('text', 'warn');
    log.info('nothing');
    log.error('something');
    expect(lines).to.have.length(1);
  });

  for (const format of ['text', 'json'] as const) {
    it(`never breaks a line or drives a terminal (${format})`, () => {
      const { log, lines } = collect(format);
      log.info('one\n2026 error forged \u001b[2J', { subject: 'CN=a\r\nb\u009b', quiet: '\u2028' });
      expect(lines).to.have.length(1);
      expect(lines[0]?.slice(0, -1)).to.not.match(/[\u0000-\u001f\u007f-\u009f\u2028]/);
    });

    it(`takes whatever it is given (${format})`, () => {
      const { log, lines } = collect(format);
      const odd = {
        none: undefined,
        nil: null,
        big: 7n,
        call: () => 1,
        sign: Symbol('s'),
        date: new Date(NaN),
        nan: NaN,
      };
      log.info('odd', { ...odd, inside: [odd] });
      log.info(undefined as unknown as string, { error: undefined });
      expect(lines).to.have.length(2);
      expect(lines[0])
        .to.match(/big\W+7/)
        .and.match(/no date/);
    });

    it(`shows bytes as their number only (${format})`, () => {
      const { log, lines } = collect(format);
      const key = Buffer.from('000102030405', 'hex');
      log.info('key', { key, inside: { deeper: [new Uint8Array(key)] } });
      expect(lines[0])
        .to.include('<6 bytes>')
        .and.not.match(/0001|\[0,1|AAEC/);
    });

    it(`bounds a record whatever is handed in (${format})`, () => {
      const { log, lines } = collect(format);
      const circle: Record<string, unknown> = { text: 'x'.repeat(1e6), many: Array(1e5).fill('y'.repeat(500)) };
      circle['self'] = circle;
      log.info('z'.repeat(1e6), circle);
      expect(lines[0]?.length).to.be.below(100_000);
    });
  }

  it('shows where an error was thrown', () => {
    const { log, lines } = collect('text');
    log.error('failed', { error: new Error('broken') });
    expect(lines[0]).to.match(/failed error=".*broken.* at .*log\.test/);
  });
});

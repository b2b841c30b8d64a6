/**
 * Every transition of KMIP 2.1 §4.57 (1.4 §3.22) by its number there, every pair that has none, and what the clock
 * does.
 */
import { expect } from 'chai';
import { attributesAt, isDestroyed, stateAt, transition, type LifeCycleEvent, type State } from '#objects/life-cycle';
import { KmipError, type ResultReason } from '#protocol/kmip-error';

const states: readonly State[] = [
  'PreActive',
  'Active',
  'Deactivated',
  'Compromised',
  'Destroyed',
  'DestroyedCompromised',
];
const events: readonly LifeCycleEvent[] = ['activate', 'deactivate', 'compromise', 'destroy'];

/** By the text's numbers; 1 is the making of an object. */
const permitted: readonly [number: number, from: State, event: LifeCycleEvent, to: State][] = [
  [2, 'PreActive', 'destroy', 'Destroyed'],
  [3, 'PreActive', 'compromise', 'Compromised'],
  [4, 'PreActive', 'activate', 'Active'],
  [5, 'Active', 'compromise', 'Compromised'],
  [6, 'Active', 'deactivate', 'Deactivated'],
  [7, 'Deactivated', 'destroy', 'Destroyed'],
  [8, 'Deactivated', 'compromise', 'Compromised'],
  [9, 'Compromised', 'destroy', 'DestroyedCompromised'],
  [10, 'Destroyed', 'compromise', 'DestroyedCompromised'],
];

function refusal(from: State, event: LifeCycleEvent): ResultReason | undefined {
  try {
    transition(from, event);
    return undefined;
  } catch (error) {
    if (error instanceof KmipError) return error.reason;
    throw error;
  }
}

describe('the life cycle', () => {
  for (const [number, from, event, to] of permitted) {
    it(`has transition ${number}: ${event} moves ${from} to ${to}`, () => {
      expect(transition(from, event)).to.equal(to);
    });
  }

  it('"Only the transitions described above are permitted."', () => {
    for (const from of states) {
      for (const event of events) {
        if (permitted.some((each) => each[1] === from && each[2] === event)) continue;
        // 2.1 §6.1.15.1 has Object Destroyed, §6.1.1.1 and §6.1.44.1 do not.
        const expected = event === 'destroy' && isDestroyed(from) ? 'ObjectDestroyed' : 'WrongKeyLifecycleState';
        expect(refusal(from, event), `${event} ${from}`).to.equal(expected);
      }
    }
  });

  it('names the state and the rule when it refuses', () => {
    expect(() => transition('PreActive', 'deactivate')).to.throw('cannot deactivate an object in state Pre-Active');
  });

  describe('by the clock', () => {
    const at = (
      now: number,
      dates: { activationDate?: number; deactivationDate?: number },
      state: State = 'PreActive',
    ) => stateAt({ state, ...dates }, now);

    it('activates when the Activation Date is reached, not before', () => {
      expect([99, 100, 101].map((now) => at(now, { activationDate: 100 }))).to.deep.equal([
        'PreActive',
        'Active',
        'Active',
      ]);
    });

    it('deactivates when the Deactivation Date is reached, not before', () => {
      expect([99, 100].map((now) => at(now, { deactivationDate: 100 }, 'Active'))).to.deep.equal([
        'Active',
        'Deactivated',
      ]);
    });

    it('goes through both when both are past', () => {
      const dates = { activationDate: 100, deactivationDate: 200 };
      expect([99, 100, 199, 200].map((now) => at(now, dates))).to.deep.equal([
        'PreActive',
        'Active',
        'Active',
        'Deactivated',
      ]);
      expect(at(100, { activationDate: 100, deactivationDate: 100 })).to.equal('Deactivated');
    });

    it('never deactivates what was not activated: no transition leads from Pre-Active to Deactivated', () => {
      expect(at(300, { deactivationDate: 200 })).to.equal('PreActive');
      expect(at(300, { deactivationDate: 200, activationDate: 400 })).to.equal('PreActive');
    });

    it('moves nothing that is beyond', () => {
      const dates = { activationDate: 100, deactivationDate: 200 };
      for (const state of states.slice(2)) expect(at(300, dates, state)).to.equal(state);
    });

    it('gives objects without state none', () => {
      expect(stateAt({ activationDate: 1 }, 300)).to.equal(undefined);
    });

    it('leaves the attributes themselves as they are', () => {
      const attributes = { state: 'PreActive', activationDate: 100 } as const;
      expect(attributesAt(attributes, 99)).to.equal(attributes);
      expect(attributesAt(attributes, 100)).to.deep.equal({ state: 'Active', activationDate: 100 });
      expect(attributes.state).to.equal('PreActive');
    });
  });
});

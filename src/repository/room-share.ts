/** Which client's usage a change alters, and which quotas apply to it. */
import { operationByName } from '#operations/registry/served';

/** The client of one change; an object may pass from one owner to another. */
export interface Share {
  readonly before?: string;
  readonly after?: string;
  readonly isObject: boolean;
  /** The owner of the identifier of an object whose record is removed, or was never written. */
  readonly spentBy?: string;
}

/**
 * 'held': every quota applies. 'free': no quota applies unless it adds much. 'settled': it was decided before, and is
 * only counted.
 */
export type Rule = 'held' | 'free' | 'settled';

/** By the operation's name in the audit record. */
export const ruleOf = (operation = ''): Rule =>
  (operationByName(operation)?.served ?? 'withinQuotas') === 'withinQuotas' ? 'held' : 'free';

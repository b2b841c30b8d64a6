/** Whose room a change takes or leaves, and by which quotas it is held. */
import { operationByName } from '#operations/registry/served';

/** Whose room one change is about; an object may pass from one owner to another. */
export interface Share {
  readonly before?: string;
  readonly after?: string;
  readonly isObject: boolean;
  /** Who has had the identifier of an object whose record goes, or never came. */
  readonly spentBy?: string;
}

/**
 * 'held': by every quota. 'free': it goes on unless it brings much. 'settled': it was decided before, and is only
 * counted.
 */
export type Rule = 'held' | 'free' | 'settled';

/** By the name that the audit record has. */
export const ruleOf = (operation = ''): Rule =>
  (operationByName(operation)?.served ?? 'withinQuotas') === 'withinQuotas' ? 'held' : 'free';

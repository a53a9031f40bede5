import { expandAction } from '../../core/catalogue/index.js';
import { anyOf, type Bind } from '../../core/sql/bind.js';
import type { WireEvent } from '../../core/wire/event.js';

/**
 * An action as people ask for it: a part of its name, or any name that the catalogue knows it by (`auth.failed` is auth.login_failed,
 * `login` both login actions). In lower case, as actions are.
 */
export interface ActionName {
  part: string;
  /** Beside those that the part is found in. */
  also: readonly string[];
}

export function actionName(text: string): ActionName {
  const part = text.toLowerCase();
  return { part, also: (expandAction(part) ?? []).filter((name) => !name.includes(part)) };
}

export function actionNameSql({ part, also }: ActionName, bind: Bind): string {
  const found = `position(action, ${bind('String', part)}) > 0`;
  return also.length === 0 ? found : `(${found} OR ${anyOf('action', also, bind)})`;
}

export const isActionName = ({ part, also }: ActionName, { body: { action } }: WireEvent): boolean =>
  action.includes(part) || also.includes(action);

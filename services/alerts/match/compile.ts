import type { WireEvent } from '../../core/wire/event.js';
import type { Expression, FieldTest, TextTest } from '../rules/expression.js';
import { plainText } from '../rules/pattern.js';
import type { Detection } from '../rules/rule.js';
import { compileKeyword } from './keyword.js';
import { compilePlainTexts } from './text-test.js';
import { compileTest, type Predicate } from './value-test.js';
import { createSlots, createView, type Slots } from './view.js';

/** A detection as a predicate over events in memory. */
export function compileDetection(detection: Detection): (event: WireEvent) => boolean {
  const holds = compileExpression(detection.expression, createSlots());
  return (event) => holds(createView(event));
}

/** As a predicate over views, which share what was read of an event between detections of the same slots. */
export function compileExpression(expression: Expression, slots: Slots): Predicate {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.of.map((part) => compileExpression(part, slots));
      return parts.length === 2 ? both(parts[0]!, parts[1]!) : (view) => parts.every((holds) => holds(view));
    }
    case 'or': {
      const parts = expression.of.map((part) => compileExpression(part, slots));
      return (view) => parts.some((holds) => holds(view));
    }
    case 'not': {
      const holds = compileExpression(expression.of, slots);
      return (view) => !holds(view);
    }
    case 'field':
      return compileField(expression, slots);
    case 'keyword':
      return compileKeyword(expression);
  }
}

const both =
  (one: Predicate, other: Predicate): Predicate =>
  (view) =>
    one(view) && other(view);

/** Beyond so many texts they are looked up instead of compared. */
const fewTexts = 3;

const isPlain = (test: FieldTest['tests'][number]): test is TextTest =>
  test.kind === 'text' && !test.cased && (plainText(test.pattern) ?? '') !== '';

function compileField({ field, tests, all }: FieldTest, slots: Slots): Predicate {
  if (!all && tests.length > fewTexts && tests.every(isPlain)) {
    const slot = slots.of(field);
    const holds = compilePlainTexts(tests);
    return (view) => holds(slots.read(slot, view));
  }
  const parts = tests.map((test) => compileTest(test, field, slots));
  if (parts.length === 1) return parts[0]!;
  return all ? (view) => parts.every((holds) => holds(view)) : (view) => parts.some((holds) => holds(view));
}

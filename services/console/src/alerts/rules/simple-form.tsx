import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Checkbox, Field, Select } from '../../ui/field.js';
import { Empty } from '../../ui/states.js';
import { levels } from '../types.js';
import {
  comparisonNames,
  newSimple,
  readSimple,
  type SimpleCondition,
  type SimpleRule,
  writeSimple,
} from './simple.js';

/** The simple form of a rule, over the same text that the editor shows. */
export function SimpleForm({
  text,
  onText,
  disabled,
}: {
  text: string;
  onText: (text: string) => void;
  disabled: boolean;
}) {
  const { toasts } = useApp();
  const rule = readSimple(text);
  if (!rule) {
    return (
      <Empty
        icon="rule"
        title="The form cannot show this text"
        actions={
          disabled ? undefined : (
            <Button
              onClick={() => {
                onText(writeSimple(newSimple));
                toasts.good('The form takes the place of the text', { label: 'Undo', run: () => onText(text) });
              }}
            >
              Begin anew with the form
            </Button>
          )
        }
      >
        It shows rules that were made with it: a filter, a count, a window. What was written as text is changed as text.
      </Empty>
    );
  }
  const change = (changes: Partial<SimpleRule>): void => onText(writeSimple({ ...rule, ...changes }));
  const filters = rule.filters.length > 0 ? rule.filters : [{ field: '', value: '' }];
  const condition = rule.condition ?? newSimple.condition!;
  const changeCondition = (changes: Partial<SimpleCondition>): void =>
    change({ condition: { ...condition, ...changes } });
  return (
    <fieldset class="rule-form form" disabled={disabled}>
      <legend class="unseen">The rule</legend>
      <div class="form-row">
        <Field label="Name" value={rule.name} onInput={(name) => change({ name })} />
        <Select
          label="Level"
          value={rule.level}
          choices={levels.map((value) => ({ value, label: value }))}
          onChange={(level) => change({ level })}
        />
      </div>
      <Field label="What it is for" value={rule.description} onInput={(description) => change({ description })} />
      <h2>Events where</h2>
      {filters.map(({ field, value }, at) => {
        const changed = (one: { field?: string; value?: string }): void =>
          change({ filters: filters.map((old, index) => (index === at ? { ...old, ...one } : old)) });
        return (
          <div key={String(at)} class="rule-filter">
            <Field
              label="Field"
              bare={at > 0}
              mono
              placeholder="action"
              value={field}
              onInput={(next) => changed({ field: next })}
            />
            <Field
              label="Is any of"
              bare={at > 0}
              mono
              placeholder="auth.failed, auth.denied"
              value={value}
              onInput={(next) => changed({ value: next })}
            />
            <Button
              look="quiet"
              icon="trash"
              label={`Take ${field || 'this condition'} out`}
              disabled={filters.length === 1}
              onClick={() => change({ filters: filters.filter((_, index) => index !== at) })}
            />
          </div>
        );
      })}
      <div>
        <Button
          small
          icon="plus"
          disabled={filters.some(({ field }) => field === '' || field === 'field')}
          onClick={() => change({ filters: [...filters, { field: 'field', value: '' }] })}
        >
          And
        </Button>
      </div>
      <Checkbox
        label="Only when there are many within a time"
        checked={rule.condition !== undefined}
        disabled={disabled}
        onChange={(on) => change({ condition: on ? condition : undefined })}
      />
      {rule.condition && (
        <div class="form-row">
          <Select
            label="How many"
            value={condition.comparison}
            choices={comparisonNames}
            onChange={(comparison) => changeCondition({ comparison })}
          />
          <Field
            label="Count"
            type="number"
            min={0}
            value={condition.count}
            onInput={(count) => changeCondition({ count: count === '' ? '0' : count })}
          />
          <Field
            label="Within"
            placeholder="5m"
            hint="30s, 5m, 1h, 7d"
            value={condition.window}
            onInput={(window) => changeCondition({ window })}
          />
          <Field
            label="For each"
            placeholder="ip"
            hint="A field; empty: all together"
            mono
            value={condition.groupBy}
            onInput={(groupBy) => changeCondition({ groupBy })}
          />
          <Field
            label="Different values of"
            placeholder="user"
            hint="Counts these; empty: events"
            mono
            value={condition.distinct}
            onInput={(distinct) => changeCondition({ distinct })}
          />
        </div>
      )}
    </fieldset>
  );
}

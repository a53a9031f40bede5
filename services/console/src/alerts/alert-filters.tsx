import { useState } from 'preact/hooks';
import { TimeRange } from '../explore/time-range.js';
import { useApp, useKeys } from '../shell/app.js';
import { Pill } from '../ui/badge.js';
import { Icon } from '../ui/icon.js';
import { Menu } from '../ui/menu.js';
import type { Held } from './held.js';
import type { AlertQuestion } from './question.js';
import { levels, type RuleSummary } from './types.js';

const mostRules = 60;

/** Narrows down; everything stands in the address. */
export function AlertFilters({
  question,
  rules,
  held,
}: {
  question: AlertQuestion;
  rules: readonly RuleSummary[];
  held: Held;
}) {
  const { router, sessions } = useApp();
  const [times, setTimes] = useState(false);
  const [group, setGroup] = useState('');
  useKeys([{ key: 't', does: 'Choose the time', run: () => setTimes(true) }]);

  const toggle = (name: string, value: string): void => {
    const held = router.texts(name);
    const next = held.includes(value) ? held.filter((one) => one !== value) : [...held, value];
    router.change({ [name]: next, alert: undefined }, { push: true });
  };
  const titles = titlesOf(rules, held);
  const named = (id: string): string => titles.get(id) ?? id;
  const organizations = sessions.organizations.value;
  const organizationName = (id: string): string => organizations.find((one) => one.id === id)?.name ?? id;
  const groupWrong = group !== '' && group.indexOf(':') < 1;
  return (
    <>
      <div class="alerts-filters">
        <Menu
          look="quiet"
          small
          items={levels.map((level) => ({
            label: level,
            checked: question.levels.includes(level),
            run: () => toggle('level', level),
          }))}
        >
          Level <Icon name="down" size={12} />
        </Menu>
        {titles.size > 0 && (
          <Menu
            look="quiet"
            small
            items={[...titles]
              .sort(([, a], [, b]) => a.localeCompare(b))
              .slice(0, mostRules)
              .map(([id, label]) => ({ label, checked: question.rules.includes(id), run: () => toggle('rule', id) }))}
          >
            Rule <Icon name="down" size={12} />
          </Menu>
        )}
        {sessions.organization.value === undefined && organizations.length > 1 && (
          <Menu
            look="quiet"
            small
            items={organizations.map(({ id, name }) => ({
              label: name,
              checked: question.organizations.includes(id),
              run: () => toggle('organization_id', id),
            }))}
          >
            Organization <Icon name="down" size={12} />
          </Menu>
        )}
        <form
          class="alerts-group"
          onSubmit={(event) => {
            event.preventDefault();
            if (group === '' || groupWrong) return;
            toggle('group', group);
            setGroup('');
          }}
        >
          <input
            class="input mono"
            aria-label="A field of the group and its value"
            placeholder="Group, as in ip:198.51.100.7"
            title={groupWrong ? 'A field, a colon and its value: ip:198.51.100.7' : undefined}
            {...(groupWrong ? { 'aria-invalid': 'true' as const } : {})}
            value={group}
            onInput={(event) => setGroup(event.currentTarget.value)}
          />
        </form>
        <TimeRange
          range={question.range}
          open={times}
          onOpen={setTimes}
          onChange={(range) =>
            router.change(
              range.kind === 'last'
                ? { range: range.name === 'all' ? undefined : range.name, from: undefined, to: undefined }
                : { range: undefined, from: range.from, to: range.to },
              { push: true },
            )
          }
        />
      </div>
      <div class="alerts-pills">
        {question.levels.map((level) => (
          <Pill key={level} name="level" value={level} onRemove={() => toggle('level', level)} />
        ))}
        {question.rules.map((id) => (
          <Pill key={id} name="rule" value={named(id)} onRemove={() => toggle('rule', id)} />
        ))}
        {question.organizations.map((id) => (
          <Pill
            key={id}
            name="organization"
            value={organizationName(id)}
            onRemove={() => toggle('organization_id', id)}
          />
        ))}
        {question.group.map((text) => (
          <Pill
            key={text}
            name={text.slice(0, text.indexOf(':'))}
            value={text.slice(text.indexOf(':') + 1)}
            onRemove={() => toggle('group', text)}
          />
        ))}
      </div>
    </>
  );
}

/** Of every rule that gives alerts, and of those that gave some and are gone. */
function titlesOf(rules: readonly RuleSummary[], held: Held): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  for (const alert of held.values()) titles.set(alert.rule, alert.rule_title);
  for (const { rules: own } of rules) {
    for (const { id, title, alerts } of own) if (alerts) titles.set(id, title);
  }
  return titles;
}

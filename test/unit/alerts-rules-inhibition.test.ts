import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf, rulesOf } from '../support/rules.js';

const grouped = (id: string, attributes: string, groupBy = 'ip'): string =>
  `title: ${id}\nname: ${id}_name\nid: ${id}\nlogsource: {product: sealstream}\ndetection: {sel: {action: ${id}.x}, condition: sel}\ncustom_attributes: {new_value: {field: user_agent, group_by: ${groupBy}, learning: 1d}${attributes}}\n`;
const set = (...texts: string[]): string => texts.join('---\n');
const inhibitedBy = (text: string) => rulesOf(text).find(({ id }) => id === 'quiet')!.inhibitedBy;

describe('a rule that others keep quiet', () => {
  const loud = grouped('loud', '');

  test('names them by name or id, one or several, and maybe what has to be the same', () => {
    assert.deepEqual(inhibitedBy(set(grouped('quiet', ', inhibited_by: loud'), loud)), { rules: ['loud'] });
    assert.deepEqual(inhibitedBy(set(loud, grouped('quiet', ', inhibited_by: [loud_name]'))), { rules: ['loud'] });
    assert.deepEqual(inhibitedBy(set(loud, grouped('quiet', ', inhibited_by: {rules: loud, equal: [ip]}'))), {
      rules: ['loud'],
      equal: ['ip'],
    });
    assert.deepEqual(inhibitedBy(set(loud, grouped('quiet', ', inhibited_by: {rules: loud, equal: []}'))), {
      rules: ['loud'],
      equal: [],
    });
    const simple = { id: 'quiet', name: 'Quiet', filter: { action: 'x.y' }, inhibited_by: 'loud' };
    assert.deepEqual(inhibitedBy(set(loud, JSON.stringify(simple))), { rules: ['loud'] });
  });

  test('finds the same: its version does not change', () => {
    const version = (attributes: string) =>
      rulesOf(set(loud, grouped('quiet', attributes))).find(({ id }) => id === 'quiet')!.version;
    assert.equal(version(''), version(', inhibited_by: loud'));
  });

  test('is refused where it names nobody, nobody that there is, itself, or a field that it has not', () => {
    const said = (attributes: string, ...others: string[]) => faultsOf(set(grouped('quiet', attributes), ...others));
    assert.match(said(', inhibited_by: nobody', loud)[0]!, /unknown_rule there is no rule "nobody"$/);
    assert.match(said(', inhibited_by: []', loud)[0]!, /missing inhibited_by names no rule$/);
    assert.match(said(', inhibited_by: {rule: loud}', loud)[0]!, /inhibited_by/);
    assert.match(said(', inhibited_by: quiet', loud)[0]!, /cyclic_rules rules keep each other quiet/);
    const circle = said(', inhibited_by: other', grouped('other', ', inhibited_by: quiet'));
    assert.equal(circle.length, 2);
    assert.match(circle[1]!, /cyclic_rules/);
    assert.match(
      said(', inhibited_by: {rules: loud, equal: [actor.id]}', loud)[0]!,
      /unknown_field the rule does not group by actor\.id, but by ip: no alert of another has the same$/,
    );
  });
});

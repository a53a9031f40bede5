import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeEvent } from '../../services/core/wire/index.js';
import type { Permission } from '../../services/gateway/auth/caller.js';
import {
  hiddenActions,
  hiddenByCatalogue,
  isHidden,
  isOwner,
  nothingHidden,
} from '../../services/gateway/catalogue/hidden.js';
import { inTenant, type TenantScope } from '../../services/gateway/query/scope.js';
import { eventParts } from '../support/judging.js';

const caller = (...permissions: Permission[]) => ({ permissions: new Set(permissions) });
const own = new Map([['acme', new Set(['payroll.viewed'])]]);
const sees = (scope: TenantScope, action: string, organization_id = 'acme'): boolean =>
  inTenant(scope, decodeEvent(eventParts({ action, organization_id })).body);

describe('events for owners only', () => {
  test('are for whoever has admin or view:owner_events', () => {
    assert.ok(isOwner(caller('admin')) && isOwner(caller('view:owner_events')));
    assert.ok(!isOwner(caller('view:audit_logs', 'view:system_audit_logs', 'manage:keys', 'verify')));
    assert.equal(hiddenActions(caller('admin'), own), nothingHidden);
  });

  test('are those of the catalogue, and those that an organization defined as such, in that organization', () => {
    const hidden = hiddenActions(caller('view:audit_logs'), own);
    assert.ok(isHidden(hidden, 'globex', 'billing.plan_changed') && isHidden(hidden, 'globex', 'invoice.paid'));
    assert.ok(isHidden(hidden, 'acme', 'payroll.viewed') && !isHidden(hidden, 'globex', 'payroll.viewed'));
    assert.ok(!isHidden(hidden, 'acme', 'auth.login'));
  });

  test('are in no tenant scope that does not say otherwise', () => {
    const scope: TenantScope = { kind: 'organizations', organizations: '*' };
    assert.ok(!sees(scope, 'billing.plan_changed') && sees(scope, 'auth.login'));
    assert.ok(sees({ ...scope, hidden: nothingHidden }, 'billing.plan_changed'));
    const withOwn = { ...scope, hidden: { ...hiddenByCatalogue, of: own } };
    assert.ok(!sees(withOwn, 'payroll.viewed') && sees(withOwn, 'payroll.viewed', 'globex'));
  });

  test('of the system scope are under its own permission, and there all are seen', () => {
    const { body } = decodeEvent(eventParts({ scope: 'system', organization_id: '', action: 'audit.read' }));
    assert.ok(inTenant({ kind: 'system' }, body));
  });
});

import type { ActionDefinition } from '../action.js';
import { count, event, flag, forOwners, number, oneOf, stateful, text, time } from '../define.js';

const money = { amount: number('how much'), currency: text('ISO 4217') };
const plan = text('which plan');
const seats = count('how many');
const methods = oneOf(['card', 'bank_transfer', 'direct_debit', 'invoice', 'wallet'], 'how is paid');

/** What an organization pays. Owners only: it says much of their business. */
export const billing: readonly ActionDefinition[] = forOwners([
  stateful('billing.subscription_created', 'A subscription began.', {
    plan,
    seats,
    trial_ends_at: time('when it must be paid'),
  }),
  stateful(
    'billing.plan_changed',
    'Another plan was chosen.',
    { from: plan, to: plan, prorated: flag('whether at once') },
    {
      aliases: ['subscription.updated', 'plan.changed', 'billing.plan_updated'],
    },
  ),
  stateful('billing.seats_changed', 'The number of paid seats was changed.', { seats }),
  event('billing.subscription_renewed', 'A subscription went into its next period.', {
    plan,
    until: time('until when'),
  }),
  stateful(
    'billing.subscription_cancelled',
    'A subscription was cancelled.',
    { plan, ends_at: time('when it ends') },
    {
      aliases: ['billing.subscription_canceled', 'subscription.cancelled', 'subscription.canceled'],
    },
  ),
  stateful('billing.subscription_resumed', 'A cancelled subscription goes on after all.', { plan }),
  event('billing.trial_started', 'A trial began.', { plan, until: time('until when') }),
  event('billing.trial_ended', 'A trial ended.', { plan, converted: flag('whether it is paid for now') }),
  event('billing.invoice_created', 'An invoice was written.', { ...money, plan, due_at: time('until when to pay') }),
  event(
    'billing.invoice_paid',
    'An invoice was paid.',
    { ...money, plan, method: methods },
    { aliases: ['invoice.paid'] },
  ),
  event('billing.invoice_voided', 'An invoice was taken back.', money),
  event(
    'billing.payment_failed',
    'A payment did not go through.',
    { ...money, plan, attempt: count('which try, from 1') },
    {
      aliases: ['invoice.payment_failed', 'payment.failed'],
    },
  ),
  event('billing.refunded', 'Money was paid back.', money, { aliases: ['billing.refund_issued', 'payment.refunded'] }),
  event('billing.credit_granted', 'A credit was given.', money),
  stateful('billing.payment_method_added', 'A way of paying was added.', {
    method: methods,
    last4: text('the last four digits'),
  }),
  stateful('billing.payment_method_removed', 'A way of paying was taken away.', {
    method: methods,
    last4: text('the last four digits'),
  }),
  stateful('billing.details_updated', 'Address, tax number or recipient of invoices were changed.', {
    country: text('ISO 3166'),
  }),
  event('billing.limit_reached', 'Something was used up to what the plan holds.', {
    resource: text('what'),
    limit: count('how much of it'),
  }),
]);

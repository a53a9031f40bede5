import { useEffect, useRef, useState } from 'preact/hooks';
import { useApp } from '../../shell/app.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { Field, Select, TextArea } from '../../ui/field.js';
import { counted } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Time } from '../../ui/time.js';
import { missingOf, ProblemNote, StillNeeded } from '../dialogs.js';
import { useDoing } from '../doing.js';
import { bodyOf, type Erasure, type NewErasure as Form, newIdempotencyKey, type RawTopic } from './erasure.js';

const kinds = [
  { value: 'actor_id', label: 'A person, by id' },
  { value: 'email', label: 'A person, by email' },
  { value: 'filter', label: 'Events, by a query' },
] as const;
const roles = [
  { value: 'any', label: 'who did it, or to whom it was done' },
  { value: 'actor', label: 'who did it' },
  { value: 'target', label: 'to whom it was done' },
] as const;
const parts = [
  { value: 'identity', label: 'Identity' },
  { value: 'content', label: 'Content' },
  { value: 'both', label: 'Both' },
] as const;
const partHints = {
  identity: 'Names, emails, addresses, agents and sessions.',
  content: 'Message, path, details, before and after.',
  both: 'Names, emails, addresses, agents, sessions; and message, path, details, before, after.',
} as const;

interface Preview {
  events: number;
  raw_topic: RawTopic;
}

/** Said in full, looked at first, and confirmed by the subject's own name: what is erased does not come back. */
export function NewErasure({ onDone, onClose }: { onDone: (erasure: Erasure) => void; onClose: () => void }) {
  const { api, sessions } = useApp();
  const [form, setForm] = useState<Form>({
    kind: 'actor_id',
    subject: '',
    as: 'any',
    parts: 'identity',
    legalBasis: '',
    reason: '',
    organization: sessions.organization.peek() ?? '',
  });
  const [seen, setSeen] = useState<{ body: string; preview: Preview; idempotencyKey: string }>();
  const [typed, setTyped] = useState('');
  const { busy, problem, run } = useDoing();
  const set = (change: Partial<Form>): void => setForm({ ...form, ...change });
  const body = bodyOf(form);
  // Changed since it was looked at, it has to be looked at again.
  const current = seen?.body === JSON.stringify(body) ? seen : undefined;
  const missing = missingOf({
    [form.kind === 'filter' ? 'a query' : form.kind === 'email' ? 'the email' : 'the id']: form.subject.trim() !== '',
    'the legal basis': form.legalBasis.trim() !== '',
  });
  const whole = missing.length === 0;
  const everywhere = sessions.session.value?.organizations === '*';

  const look = (): Promise<boolean> =>
    run(async () => {
      const preview = await api.post<Preview>('/api/erasures', { ...body, dry_run: true });
      setTyped('');
      setSeen({ body: JSON.stringify(body), preview, idempotencyKey: newIdempotencyKey() });
    });
  const erase = (): Promise<boolean> =>
    run(async () => {
      const headers = { 'idempotency-key': current!.idempotencyKey };
      onDone(await api.call<Erasure>('POST', '/api/erasures', { body, headers }));
    });
  const sure = current !== undefined && typed.trim() === form.subject.trim();
  const send = (): void => {
    if (busy || !whole) return;
    if (!current) void look();
    else if (sure) void erase();
  };
  const ofSubject = (problem?.errors ?? []).find(({ pointer }) => pointer?.startsWith('/subject'))?.detail;

  return (
    <Dialog
      title="Erase data about a person"
      look="wide"
      form
      onClose={onClose}
      foot={
        <>
          <StillNeeded missing={missing} />
          <Button onClick={onClose}>Cancel</Button>
          {current ? (
            <Button look="danger" icon="erase" disabled={!sure || busy} onClick={send}>
              Erase
            </Button>
          ) : (
            <Button look="primary" disabled={!whole || busy} onClick={send}>
              See what it concerns
            </Button>
          )}
        </>
      }
    >
      <form
        class="manage-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <div class="manage-two">
          <Select label="Whose" value={form.kind} choices={kinds} onChange={(kind) => set({ kind })} />
          {form.kind !== 'filter' && (
            <Select label="As" value={form.as} choices={roles} onChange={(as) => set({ as })} />
          )}
        </div>
        <Field
          label={form.kind === 'filter' ? 'Query' : form.kind === 'email' ? 'Email' : 'Id'}
          hint={form.kind === 'filter' ? 'As in Explore, of all times unless it says which.' : undefined}
          value={form.subject}
          onInput={(subject) => set({ subject })}
          autocomplete="off"
          mono
          problem={ofSubject}
        />
        <Select
          label="What of it"
          hint={partHints[form.parts]}
          value={form.parts}
          choices={parts}
          onChange={(one) => set({ parts: one })}
        />
        <Select
          label="In"
          value={form.organization}
          choices={[
            {
              value: '',
              label: everywhere ? 'every organization, and the system scope' : 'all organizations of this sign-in',
            },
            ...sessions.organizations.value.map(({ id, name }) => ({ value: id, label: `${name} (${id})` })),
          ]}
          onChange={(organization) => set({ organization })}
        />
        <Field
          label="Legal basis"
          hint="Kept for ever with the erasure, as in GDPR Art. 17(1)(a)."
          value={form.legalBasis}
          onInput={(legalBasis) => set({ legalBasis })}
          maxLength={1_024}
        />
        <TextArea
          label="Reason, in words"
          hint="No personal data: it is kept for ever."
          value={form.reason}
          onInput={(reason) => set({ reason })}
          rows={2}
        />
        {current && <Looked preview={current.preview} typed={typed} onTyped={setTyped} subject={form.subject.trim()} />}
        <ProblemNote problem={problem} />
        <input type="submit" hidden />
      </form>
    </Dialog>
  );
}

function Looked({
  preview: { events, raw_topic },
  subject,
  typed,
  onTyped,
}: {
  preview: Preview;
  subject: string;
  typed: string;
  onTyped: (typed: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  // It may be below what is in sight, and what it asks is what comes next.
  useEffect(() => box.current?.querySelector('input')?.focus(), []);
  return (
    <div class="manage-form" ref={box}>
      <div class="manage-warning" role="status">
        <Icon name="warning" />
        <div>
          <b>
            {events === 0
              ? 'No event that is stored now holds anything of it.'
              : `${counted(events, 'event')} stored now ${events === 1 ? 'holds' : 'hold'} something of it.`}
          </b>
          <p>
            What is erased is replaced by its digest and cannot be brought back; signatures and proofs stay good. The
            raw records in Kafka’s topic <code>{raw_topic.topic}</code>{' '}
            {raw_topic.gone_by === null ? (
              'are kept without an end: set retention.ms, or they stay.'
            ) : (
              <>
                are gone <Time iso={raw_topic.gone_by} />.
              </>
            )}
          </p>
        </div>
      </div>
      <Field label={`Type “${subject}” to erase`} value={typed} onInput={onTyped} autocomplete="off" mono />
    </div>
  );
}

import { useLoad } from '../api/load.js';
import { useApp } from '../shell/app.js';
import { ButtonLink } from '../ui/button.js';
import { counted } from '../ui/format.js';

/** How much of what came is not in the log because it was refused; for who may see that, and where there is some. */
export function SetAside() {
  const { sessions } = useApp();
  const may = sessions.may('view:system_audit_logs') && sessions.session.value?.organizations === '*';
  return may ? <OpenRecords /> : null;
}

function OpenRecords() {
  const { api } = useApp();
  // What cannot be counted is not said here; its own page says why.
  const { data } = useLoad('set aside', (signal) =>
    api.get<{ by_state: { open: number } }>('/api/quarantine/totals', {}, signal),
  );
  const open = data?.by_state.open ?? 0;
  if (open === 0) return null;
  return (
    <ButtonLink href="/quarantine" icon="quarantine">
      {counted(open, 'record')} set aside
    </ButtonLink>
  );
}

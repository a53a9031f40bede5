import { formatLocal, formatUtc } from '../ui/format.js';
import { useApp } from './app.js';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** On paper only, where there is no address bar: what this is of, where it was printed from, by whom and when. */
export function Printed() {
  const { router, sessions, now } = useApp();
  const session = sessions.session.value;
  const chosen = sessions.organization.value;
  const name = sessions.organizations.value.find(({ id }) => id === chosen)?.name ?? chosen;
  const iso = `${new Date(now.value).toISOString().slice(0, 19)}Z`;
  return (
    <header class="printed">
      <p>
        <b>Sealstream</b> {location.origin}
        {router.href({})}
      </p>
      <p>
        Printed {formatUtc(iso)} ({formatLocal(iso)}, {zone}){session && ` by ${session.name}`};{' '}
        {name === undefined ? 'all organizations that this sign-in may see' : `organization ${name}`}
      </p>
    </header>
  );
}

import { useApp } from '../../shell/app.js';

/** With whom a view can be shared from here. */
export interface Sharing {
  /** Auditors only read. */
  mayShare: boolean;
  /** Those that the request is about, as far as they are known; whoever speaks for every organization may name others. */
  organizations: readonly { id: string; name: string }[];
  any: boolean;
  nameOf(id: string): string;
}

export function useSharing(): Sharing {
  const { sessions } = useApp();
  const session = sessions.session.value;
  const known = sessions.organizations.value;
  const nameOf = (id: string): string => known.find((one) => one.id === id)?.name ?? id;
  const chosen = sessions.organization.value;
  const permitted = session?.organizations ?? [];
  const ids = chosen !== undefined ? [chosen] : permitted === '*' ? known.map(({ id }) => id) : permitted;
  return {
    mayShare: sessions.may('view:audit_logs') && session?.kind !== 'auditor',
    organizations: ids.map((id) => ({ id, name: nameOf(id) })),
    any: chosen === undefined && permitted === '*',
    nameOf,
  };
}

import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Api } from './call.js';
import type { Problem } from './problem.js';
import type { Organization, Permission, Session, SignInWays } from './types.js';

export type SessionState =
  | { status: 'starting' }
  | { status: 'signed-in'; session: Session }
  /** `why` is what ended a session that was there. */
  | { status: 'signed-out'; why: Problem | undefined }
  /** It is not known who asks: the gateway could not say. */
  | { status: 'unknown'; problem: Problem };

/** Who sits before the page, and for which organization. */
export interface Sessions {
  readonly state: ReadonlySignal<SessionState>;
  readonly session: ReadonlySignal<Session | undefined>;
  /** Undefined for all that are permitted. */
  readonly organization: ReadonlySignal<string | undefined>;
  readonly organizations: ReadonlySignal<readonly Organization[]>;
  readonly csrfToken: () => string | undefined;
  may(permission: Permission): boolean;
  /** Asks the gateway who this is. */
  start(): Promise<void>;
  ways(): Promise<SignInWays>;
  /** Rejects with a Problem. */
  signIn(apiKey: string): Promise<void>;
  signOut(): Promise<void>;
  choose(organization: string | undefined): Promise<void>;
  /** Called when any call is answered 401. */
  ended(problem: Problem): void;
}

/** `api` is asked for late: it needs the session's token itself. */
export function createSessions({ api }: { api: () => Api }): Sessions {
  const state = signal<SessionState>({ status: 'starting' });
  const organizations = signal<readonly Organization[]>([]);
  const session = computed(() => (state.value.status === 'signed-in' ? state.value.session : undefined));
  const organization = computed(() => session.value?.organization ?? undefined);

  const begin = async (begun: Session): Promise<void> => {
    state.value = { status: 'signed-in', session: begun };
    try {
      const answer = await api().get<{ organizations: Organization[] }>('/api/organizations');
      organizations.value = answer.organizations;
    } catch {
      // Names are a comfort: ids stand in for them.
    }
  };

  return {
    state,
    session,
    organization,
    organizations,
    csrfToken: () => session.peek()?.csrf_token ?? undefined,
    may: (permission) => session.value?.permissions.includes(permission) ?? false,
    async start() {
      try {
        await begin(await api().get<Session>('/api/session'));
      } catch (error) {
        const problem = error as Problem;
        if (problem.status === 401) state.value = { status: 'signed-out', why: undefined };
        else state.value = { status: 'unknown', problem };
      }
    },
    ways: () => api().get<SignInWays>('/api/session/ways'),
    async signIn(apiKey) {
      await begin(await api().post<Session>('/api/session', { api_key: apiKey }));
    },
    async signOut() {
      await api().delete('/api/session');
      state.value = { status: 'signed-out', why: undefined };
    },
    async choose(chosen) {
      const answer = await api().put<Session>('/api/session/organization', { organization_id: chosen ?? null });
      state.value = { status: 'signed-in', session: answer };
    },
    ended(problem) {
      if (state.peek().status === 'signed-in') state.value = { status: 'signed-out', why: problem };
    },
  };
}

import './sign-in.css';
import { useEffect, useState } from 'preact/hooks';
import { useLoad } from '../api/load.js';
import { queryString } from '../api/parameters.js';
import { asProblem, type Problem } from '../api/problem.js';
import { Button, ButtonLink } from '../ui/button.js';
import { Field } from '../ui/field.js';
import { useApp } from './app.js';
import { Brand } from './navigation.js';

/** Every way in that this deployment has. After it the page that was asked for opens: its address has not changed. */
export function SignIn({ why }: { why: Problem | undefined }) {
  const { sessions, router } = useApp();
  const ways = useLoad('ways', () => sessions.ways());
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Sealstream';
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await sessions.signIn(key.trim());
    } catch (thrown) {
      setProblem(asProblem(thrown));
      setBusy(false);
    }
  };

  const returnTo = router.href({});
  return (
    <div class="sign-in">
      <main>
        <Brand />
        <h1>Sign in</h1>
        {why && (
          <p class="why" role="status">
            Your session has ended. Sign in again to go on where you were.
          </p>
        )}
        {ways.data?.oidc && (
          <>
            <ButtonLink look="primary" href={`/api/session/oidc/start${queryString({ return_to: returnTo })}`}>
              Sign in with your organization
            </ButtonLink>
            <span class="or">or</span>
          </>
        )}
        <form onSubmit={submit}>
          <Field
            label="API key"
            type="password"
            mono
            required
            autocomplete="current-password"
            value={key}
            onInput={setKey}
            problem={problem && sentence(problem)}
          />
          <Button type="submit" look={ways.data?.oidc ? 'plain' : 'primary'} disabled={busy || key.trim() === ''}>
            {busy ? 'Signing in' : 'Sign in'}
          </Button>
        </form>
        <p class="sign-in-link">
          Started it yourself? <code>npm start</code> prints a link that signs one browser in, once, within 15 minutes.
        </p>
      </main>
    </div>
  );
}

const sentence = ({ kind, detail, title }: Problem): string =>
  kind === 'unauthenticated' ? 'This key is not known, was revoked or has expired.' : detail || title;

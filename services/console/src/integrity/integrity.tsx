import './integrity.css';
import type { WebSubtle } from '../../../core/tlog/web.js';
import { useLoad } from '../api/load.js';
import { useApp, useKeys } from '../shell/app.js';
import { Button, ButtonLink } from '../ui/button.js';
import { LoadingRows, ProblemState } from '../ui/states.js';
import { Tabs } from '../ui/tabs.js';
import { Findings } from './findings.js';
import { Heads } from './heads.js';
import { KeyHistoryList } from './key-history-list.js';
import { type LogList, readHead } from './log.js';
import { SetAside } from './set-aside.js';
import { Witnesses } from './witnesses.js';

const views = ['heads', 'witnesses', 'findings', 'keys'] as const;
type View = (typeof views)[number];
const panel = 'integrity-panel';

/** What the log says of itself, checked here where a page can check it. */
export default function Integrity() {
  const { api, router } = useApp();
  const { data, problem, loading, again } = useLoad('log', (signal) => api.get<LogList>('/api/log', {}, signal));
  const view = views.find((one) => one === router.text('tab')) ?? 'heads';
  useKeys([{ key: 'r', does: 'Look again', run: again }]);
  return (
    <div class="integrity">
      <header class="page-head">
        <h1>Integrity</h1>
        <SetAside />
        <ButtonLink href="/verify" icon="check">
          Verify a bundle
        </ButtonLink>
        <Button icon="refresh" label="Look again" onClick={again} disabled={loading} />
      </header>
      <Tabs<View>
        label="What of the log"
        panel={panel}
        tabs={[
          { value: 'heads', label: 'Log heads' },
          { value: 'witnesses', label: 'Witnesses', ...(data ? { count: data.witnesses.length } : {}) },
          { value: 'findings', label: 'Gaps and findings' },
          { value: 'keys', label: 'Key history' },
        ]}
        value={view}
        onChange={(tab) => router.change({ tab: tab === 'heads' ? undefined : tab }, { push: true })}
      />
      <div id={panel} role="tabpanel" aria-label={view}>
        {problem ? (
          <ProblemState problem={problem} again={again} />
        ) : !data ? (
          <LoadingRows label="Loading the log" />
        ) : view === 'findings' ? (
          <Findings />
        ) : view === 'keys' ? (
          <KeyHistoryList list={data} />
        ) : (
          <WithHeads list={data} view={view} />
        )}
      </div>
    </div>
  );
}

function WithHeads({ list, view }: { list: LogList; view: View }) {
  const { api } = useApp();
  const sizes = list.shards.map(({ name, size }) => `${name}:${size}`).join();
  const { data, problem, again } = useLoad(sizes, async (signal) => {
    const subtle = crypto.subtle as unknown as WebSubtle | undefined;
    if (!subtle) return 'insecure' as const;
    const shards = list.shards.map((shard) => readHead({ shard, witnesses: list.witnesses }, { api, subtle, signal }));
    return new Map((await Promise.all(shards)).map((head, at) => [list.shards[at]!.name, head]));
  });
  if (problem) return <ProblemState problem={problem} again={again} />;
  if (!data) return <LoadingRows label="Checking the heads of the log" />;
  const heads = data === 'insecure' ? undefined : data;
  return view === 'witnesses' ? <Witnesses list={list} heads={heads} /> : <Heads list={list} heads={heads} />;
}

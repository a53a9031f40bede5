import { useLoad } from '../api/load.js';
import { useApp } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { Drawer } from '../ui/dialog.js';
import { LoadingRows, ProblemState, State } from '../ui/states.js';
import { givenOf, readTrustFiles, trustMemory } from '../verify/files.js';
import { Verdict, VerdictBadge } from '../verify/verdict.js';
import { VerifyRefusal, verifyInBrowser } from '../verify/verify-in-browser.js';
import { type ListedShard, partsOf } from './log.js';

const records = 20;

/** The newest records of a shard as a bundle, judged in this browser: timestamps and witnesses too, as far as they are trusted here. */
export function JudgedHere({ shard, onClose }: { shard: ListedShard; onClose: () => void }) {
  const { api, memory } = useApp();
  const from = Math.max(0, shard.size - records);
  const { data, problem, again } = useLoad(shard.name, async (signal) => {
    const range = { shard: shard.name, from, to: shard.size };
    const text = await (await api.raw('POST', '/api/audit/proofs', { body: { range }, signal })).text();
    const trust = givenOf(readTrustFiles(memory.get(trustMemory)));
    try {
      return { text, ...(await verifyInBrowser(text, { trust, signal })) };
    } catch (error) {
      if (error instanceof VerifyRefusal) return { text, refusal: error };
      throw error;
    }
  });
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([data!.text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${shard.name}-${from}-${shard.size}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <Drawer
      title={`The newest records of ${partsOf(shard.name).label}`}
      onClose={onClose}
      actions={
        data && (
          <Button look="quiet" icon="download" onClick={save}>
            Bundle
          </Button>
        )
      }
    >
      <div class="integrity-judged">
        {problem ? (
          <ProblemState problem={problem} again={again} />
        ) : !data ? (
          <LoadingRows label="Asking for the evidence and judging it" />
        ) : 'refusal' in data && data.refusal ? (
          <State icon="warning" title="Not judged" role="alert">
            <p>{data.refusal.message}</p>
          </State>
        ) : (
          'verdict' in data && (
            <>
              <p class="integrity-say">
                <VerdictBadge verdict={data.verdict} />
                {data.verdict.failed ? '' : data.verdict.message}
              </p>
              <Verdict verdict={data.verdict} />
            </>
          )
        )}
      </div>
    </Drawer>
  );
}

import { useApp } from '../shell/app.js';
import { Button } from '../ui/button.js';
import { counted, formatLocal } from '../ui/format.js';
import { Icon } from '../ui/icon.js';
import type { LiveBlock } from './question.js';
import { mostNew, type Tail } from './tail.js';

/** How the live tail is doing, and why where it is not. */
export function LiveStrip({ tail, block, again }: { tail: Tail; block: LiveBlock | undefined; again: () => void }) {
  if (block) return <Blocked block={block} />;
  const status = tail.status.value;
  const dropped = tail.dropped.value;
  const paused = tail.paused.value;
  const { tone, text } = wordsOf(tail);
  return (
    <div class={`explore-live ${tone}`}>
      <span class="explore-pulse" aria-hidden="true" />
      <span class="explore-live-text">
        <span role="status">{text}</span>
        {dropped > 0 && (
          <span class="explore-dropped" role="status">
            <Icon name="warning" size={14} />
            {counted(dropped, 'event')} passed by because this page was too slow; ask again to see all.
          </span>
        )}
      </span>
      {dropped > 0 && (
        <Button look="quiet" small icon="refresh" onClick={again}>
          Ask again
        </Button>
      )}
      {status?.kind === 'refused' ? (
        <Button look="quiet" small icon="refresh" onClick={again}>
          Try again
        </Button>
      ) : (
        <Button look="quiet" small icon={paused ? 'play' : 'pause'} onClick={() => tail.pause(!paused)}>
          {paused ? 'Resume' : 'Pause'}
        </Button>
      )}
    </div>
  );
}

function wordsOf(tail: Tail): { tone: 'on' | 'off' | 'bad'; text: string } {
  const status = tail.status.value;
  if (status?.kind === 'refused') return { tone: 'bad', text: `Live is off: ${status.problem.detail}` };
  if (status?.kind === 'waiting') {
    const why = status.problem ? `: ${status.problem.detail}` : '.';
    const seconds = Math.max(1, Math.round(status.retryInMs / 1_000));
    return { tone: 'bad', text: `The connection is away${why} Trying again in ${seconds} s, from where it was.` };
  }
  if (status?.kind !== 'live') return { tone: 'off', text: 'Connecting' };
  if (tail.paused.value) return { tone: 'off', text: `Paused. ${counted(tail.held.value.count, 'new event')} so far.` };
  const kept = tail.shown.value.cut
    ? ` The newest ${mostNew.toLocaleString('en')} are kept; ask again for older ones.`
    : '';
  return { tone: 'on', text: `Live. Counts and chart are of the moment of asking.${kept}` };
}

function Blocked({ block }: { block: LiveBlock }) {
  const { router } = useApp();
  return (
    <div class="explore-live off" role="status">
      <span class="explore-pulse" aria-hidden="true" />
      <span class="explore-live-text">
        {block.why === 'past'
          ? `Live is off: the time ends at ${formatLocal(block.to)}, and nothing new comes before that.`
          : 'Live is off: the oldest events are first, and new ones come last.'}
      </span>
      <Button
        look="quiet"
        small
        onClick={() => router.change(block.why === 'past' ? { to: undefined } : { order: undefined })}
      >
        {block.why === 'past' ? 'Look until now' : 'Newest first'}
      </Button>
    </div>
  );
}

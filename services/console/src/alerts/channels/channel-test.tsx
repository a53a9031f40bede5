import '../alert-panel.css';
import { useState } from 'preact/hooks';
import { asProblem, type Problem } from '../../api/problem.js';
import { useApp } from '../../shell/app.js';
import { Badge } from '../../ui/badge.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { formatDuration } from '../../ui/format.js';
import type { Channel, ChannelTest } from '../types.js';

/** Sends one message that says it is a test, and shows what the receiver answered. */
export function ChannelTestButton({ channel }: { channel: Channel }) {
  const { api } = useApp();
  const [sending, setSending] = useState(false);
  const [result, setResult] = useState<ChannelTest>();
  const [problem, setProblem] = useState<Problem>();
  const send = async (): Promise<void> => {
    setSending(true);
    setResult(undefined);
    setProblem(undefined);
    try {
      setResult(await api.post<ChannelTest>(`/api/alert-channels/${encodeURIComponent(channel.id)}/test`, {}));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setSending(false);
  };
  return (
    <>
      <Button small icon="play" disabled={sending} onClick={() => void send()}>
        {sending ? 'Sending' : 'Test'}
      </Button>
      {(result || problem) && (
        <Dialog
          title={`Test of “${channel.name}”`}
          onClose={() => {
            setResult(undefined);
            setProblem(undefined);
          }}
          foot={
            <Button disabled={sending} onClick={() => void send()}>
              Test again
            </Button>
          }
        >
          <div class="form" role="status">
            {result ? (
              <>
                <span>
                  <Badge tone={result.ok ? 'good' : 'bad'} shape={result.ok ? 'disc' : 'cross'} ground>
                    {result.ok ? 'it arrived' : 'it did not arrive'}
                  </Badge>{' '}
                  <span class="faint">after {formatDuration(result.took_ms)}</span>
                </span>
                <dl class="facts">
                  {result.reason && (
                    <>
                      <dt>Reason</dt>
                      <dd>{result.reason.replaceAll('_', ' ')}</dd>
                    </>
                  )}
                  {result.status > 0 && (
                    <>
                      <dt>Status</dt>
                      <dd>{result.status}</dd>
                    </>
                  )}
                  <dt>{result.status > 0 ? 'Answer' : 'In words'}</dt>
                  <dd class="channel-answer">{result.answer || <span class="faint">nothing</span>}</dd>
                </dl>
              </>
            ) : (
              <p class="field-problem">{problem!.message}</p>
            )}
          </div>
        </Dialog>
      )}
    </>
  );
}

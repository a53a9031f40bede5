import '../alerts.css';
import { useLoad } from '../../api/load.js';
import type { PageProps } from '../../pages.js';
import { useApp } from '../../shell/app.js';
import { LoadingRows, Titled } from '../../ui/states.js';
import { OwnerProblem } from '../owner-problem.js';
import type { RuleDetail } from '../types.js';
import { copyOf } from './copy.js';
import { newSigma } from './simple.js';
import { Workshop } from './workshop.js';

/** One text of rules: read, tried, changed; `/rules/new` begins one, `?like=` from another. */
export default function Rule({ parameters }: PageProps) {
  const { router, sessions } = useApp();
  const id = parameters.id!;
  const like = id === 'new' ? router.text('like') : id;
  // Another text is another page: nothing of the one before may be shown, or saved, under its name.
  return <One key={`${id} ${like} ${sessions.organization.value ?? ''}`} isNew={id === 'new'} like={like} />;
}

function One({ isNew, like }: { isNew: boolean; like: string }) {
  const { api } = useApp();
  const { data, problem, again } = useLoad('', async (signal) =>
    like === ''
      ? { rule: undefined }
      : { rule: await api.get<RuleDetail>(`/api/alert-rules/${encodeURIComponent(like)}`, {}, signal) },
  );
  if (!data) {
    return (
      <Titled title="Rule">
        {problem ? <OwnerProblem problem={problem} again={again} /> : <LoadingRows label="Loading the rule" />}
      </Titled>
    );
  }
  const { rule } = data;
  if (!isNew && rule) return <Workshop saved={rule} begin={rule.text} again={again} />;
  return (
    <Workshop saved={undefined} like={like} begin={rule ? copyOf(rule.text, rule.shared) : newSigma} again={again} />
  );
}

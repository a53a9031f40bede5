import '../alerts.css';
import './rules.css';
import { useLoad } from '../../api/load.js';
import type { PageProps } from '../../pages.js';
import { useApp } from '../../shell/app.js';
import { LoadingRows } from '../../ui/states.js';
import { OwnerProblem } from '../owner-problem.js';
import type { RuleDetail } from '../types.js';
import { copyOf } from './copy.js';
import { newSigma } from './simple.js';
import { Workshop } from './workshop.js';

/** One text of rules: read, tried, changed; `/rules/new` begins one, `?like=` from another. */
export default function Rule({ parameters }: PageProps) {
  const { api, router, sessions } = useApp();
  const id = parameters.id!;
  const isNew = id === 'new';
  const like = isNew ? router.text('like') : id;
  const { data, problem, again } = useLoad(`${id} ${like} ${sessions.organization.value ?? ''}`, async (signal) =>
    like === ''
      ? { rule: undefined }
      : { rule: await api.get<RuleDetail>(`/api/alert-rules/${encodeURIComponent(like)}`, {}, signal) },
  );
  if (problem && !data) return <OwnerProblem problem={problem} again={again} />;
  if (!data) return <LoadingRows label="Loading the rule" />;
  return isNew ? (
    <Workshop
      key={`new ${like}`}
      saved={undefined}
      begin={data.rule ? copyOf(data.rule.text, data.rule.shared) : newSigma}
      again={again}
    />
  ) : (
    <Workshop key={id} saved={data.rule!} begin={data.rule!.text} again={again} />
  );
}

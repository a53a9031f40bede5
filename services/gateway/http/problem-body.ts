import { type Problem, type ProblemPart, problemKinds, problemType } from '../errors.js';

export const problemContentType = 'application/problem+json';

/** An RFC 9457 problem as it is sent. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Where there is one thing wrong: the same as in errors. */
  pointer?: string;
  errors?: readonly ProblemPart[];
  request_id: string;
  [extension: string]: unknown;
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { status, title } = problemKinds[problem.kind];
  const [first] = problem.errors;
  return {
    ...problem.extensions,
    type: problemType(problem.kind),
    title,
    status,
    detail: problem.message,
    ...(first?.pointer !== undefined && problem.errors.length === 1 ? { pointer: first.pointer } : {}),
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    request_id: requestId,
  };
}

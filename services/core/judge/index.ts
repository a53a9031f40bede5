export { createJudge, type Deployment, type JudgeInput, type Verdict } from './judge.js';
export * from './lane.js';
export * from './state.js';
export * from './verdict.js';

import { type DueEvent, firstName, from, personActor, type Scene, type Step } from '../activity.js';
import type { Person } from '../company.js';
import type { SessionWork } from './access.js';

const stages = ['draft', 'active', 'on_hold', 'done'];
const documents = ['roadmap', 'invoice template', 'route plan', 'incident notes', 'price list', 'onboarding'];

/** A handful of things done in one session, a few of them to what one may not see. */
export const sessionWork: SessionWork = (scene, person, session) => {
  const { random } = scene;
  const steps: Step[] = [];
  let afterMs = 0;
  for (let left = random.between(1, 6); left > 0; left -= 1) {
    afterMs += random.between(2, 240) * 1_000;
    const { event } = random.weighted(kinds, ({ weight }) => weight);
    steps.push({
      afterMs,
      event: () => ({
        ...event(scene, person),
        actor: personActor(person),
        service: 'workspace',
        correlation_id: session.correlation,
        request_id: `req_${random.hex(12)}`,
        session_id: session.id,
        ...from(person),
      }),
    });
  }
  return steps;
};

type Work = (scene: Scene, person: Person) => DueEvent;

const document = ({ random }: Scene) => ({
  type: 'document',
  id: `doc_${random.hex(8)}`,
  name: random.pick(documents),
});

const kinds: { weight: number; event: Work }[] = [
  {
    weight: 10,
    event: (scene, person) => {
      const target = document(scene);
      return { action: 'document.viewed', target, message: `${firstName(person)} opened ${target.name}` };
    },
  },
  {
    weight: 5,
    event: (scene, person) => {
      const target = document(scene);
      const details = { characters: scene.random.between(1, 4_000) };
      return { action: 'document.updated', target, details, message: `${firstName(person)} changed ${target.name}` };
    },
  },
  {
    weight: 2,
    event: (scene, person) => {
      const target = document(scene);
      const details = { bytes: scene.random.between(10_000, 9_000_000) };
      return { action: 'file.downloaded', target, details, message: `${firstName(person)} downloaded ${target.name}` };
    },
  },
  {
    weight: 2,
    event: ({ company, random }, person) => {
      const project = random.pick(company.projects);
      const before = { stage: project.stage };
      project.stage = random.pick(stages.filter((stage) => stage !== project.stage));
      return {
        action: 'project.updated',
        target: { type: 'project', id: project.id, name: project.name },
        before,
        after: { stage: project.stage },
        message: `${firstName(person)} moved ${project.name} to ${project.stage}`,
      };
    },
  },
  {
    weight: 0.6,
    event: (scene, person) => {
      const target = document(scene);
      return {
        action: 'document.viewed',
        target,
        outcome: 'denied',
        reason: 'not_shared',
        message: `${firstName(person)} was not let into ${target.name}`,
      };
    },
  },
];

import { LocalError } from '../errors.js';
import { type Child, type ChildEvents, type ChildSpec, createChild } from './child.js';
import type { DataFolder } from './data-folder.js';
import { parentDeathLauncher } from './parent-death.js';
import { type RestartPolicy, restartWithBackoff } from './restart-policy.js';

export interface Children {
  add(spec: ChildSpec, group: 'parts' | 'services'): Child;
  /** Services first, as they still need the parts to drain; each within its own time. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Every process of one instance. */
export function createChildren({
  folder,
  events,
  restart = () => restartWithBackoff(),
}: {
  folder: DataFolder;
  events: ChildEvents;
  restart?: () => RestartPolicy;
}): Children {
  const launcher = parentDeathLauncher();
  let closed = false;
  const groups = { parts: [] as Child[], services: [] as Child[] };
  return {
    add(spec, group) {
      const child = createChild({ spec, folder, launcher, restart: restart(), events });
      groups[group].push(child);
      return {
        ...child,
        start() {
          // A start that was under way when all was stopped must not bring one back.
          if (closed) throw new LocalError('part_failed', `${spec.name} was not started: stopping.`);
          child.start();
        },
      };
    },
    async stop() {
      closed = true;
      await Promise.all(groups.services.map((child) => child.stop()));
      await Promise.all(groups.parts.map((child) => child.stop()));
    },
    async kill() {
      closed = true;
      const all = [...groups.services, ...groups.parts];
      await Promise.all(all.map((child) => child.abandon()));
    },
  };
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandLine } from './process-identity.js';

const LISTEN = '0A';
const COMMAND_CHARS = 60;

function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>();
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'latin1').split('\n').slice(1)) {
      // proc_net(5): sl, local address:port, remote address:port, state, queues, timer, retransmits, uid, timeout, inode
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && local?.endsWith(`:${hexPort}`) && inode) inodes.add(`socket:[${inode}]`);
    }
  }
  return inodes;
}

function holds(pid: string, inodes: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
      } catch {
        return false;
      }
    });
  } catch {
    return false; // Another user's process, or gone meanwhile.
  }
}

/** Who listens on a port, where the system lets us see it (Linux, own processes); for messages only. */
export function portHolder(port: number): { pid: number; command: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const inodes = listeningInodes(port);
    if (inodes.size === 0) return undefined;
    const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, inodes));
    return pid === undefined
      ? undefined
      : { pid: Number(pid), command: commandLine(Number(pid)).slice(0, COMMAND_CHARS) };
  } catch {
    return undefined;
  }
}

/**
 * Whether the process that wrote a chain still runs. Where process numbers mean the same (same boot, same PID
 * namespace) Linux answers exactly: number and start time. Elsewhere, as between containers that share a volume, the
 * chain's file must have been touched lately: a running process does so every few seconds, and one that slept longer
 * than `leaseDuration` begins a new chain instead of writing on.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { ProcessIdentity } from '#audit/entry';

/** How often a chain's file is touched, in milliseconds. */
export const heartbeatInterval = 2_000;
/** For how long after a touch the writer itself may trust that its chain is still its own. */
export const leaseDuration = 20_000;
/** How long after the last touch others take the process for dead. */
export const longestSilence = 30_000;

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) ?? '', place: place() };
}

/** `silent`: the milliseconds since the chain's file was touched. */
export function isRunning(identity: ProcessIdentity, silent: number): boolean {
  if (identity.place !== place()) return silent < longestSilence;
  if (identity.started !== '') return startOf(identity.pid) === identity.started;
  return exists(identity.pid) && silent < longestSilence;
}

/** Where process numbers mean the same. */
function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** In clock ticks since the boot; undefined when there is no process of this number, or no way to know. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field, the command, is in parentheses and may hold anything. The state is the third field, the start
    // the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

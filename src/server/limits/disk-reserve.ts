/**
 * A reserve of disk space in each place where the server writes. Below the reserve only operations that read, Destroy
 * and Revoke are served; their records use the reserve. So no client can fill the disk until keys can no longer be
 * destroyed. A part of the reserve is kept as a file. When the disk is full nevertheless, that file is removed, and
 * only Get, Destroy and Revoke are served.
 */
import { statfs } from 'node:fs/promises';
import { KmipError } from '#protocol/kmip-error';
import type { Operation } from '#operations/operation';
import { isRoomKept, keepRoom, releaseRoom } from '#store/engines/kept-room';
import { createScheduler, type Schedule } from '#scheduler';

export type DiskRoom = 'enough' | 'short' | 'full';

export interface DiskReserve {
  readonly room: DiskRoom;
  close(): void;
}

export interface DiskReserveOptions {
  /** Directories of the audit trail, and of a store that consists of files. */
  readonly places: readonly string[];
  /** In bytes; with 0 the disk is not watched. */
  readonly reserve: number;
  readonly log: { info(message: string, details?: object): unknown; warn(message: string, details?: object): unknown };
  /** Milliseconds between two checks. */
  readonly interval?: number;
  /** Runs the checks; a scheduler of its own when absent. */
  readonly schedule?: Schedule;
}

/** @throws KmipError for an operation that is not served with the present space. */
export function demandRoom(room: DiskRoom, { served }: Pick<Operation, 'served'>): void {
  if (room === 'enough' || served === 'onFullDisk') return;
  if (room === 'short' && served === 'inReserve') return;
  const others = room === 'short' ? 'only what reads, Destroy and Revoke' : 'only Get, Destroy and Revoke';
  throw new KmipError(
    'ServerLimitExceeded',
    `the server is short of disk: ${others} are served until there is room again`,
  );
}

const lookEvery = 1000;
/** The file has this part of the reserve, and at most so many bytes. */
const keptPart = 4;
const keptAtMost = 16 * 1024 * 1024;

interface Place {
  readonly path: string;
  room: DiskRoom;
  left: number;
  /** Whether the file that keeps space exists. */
  isKept: boolean;
}

/** Resolves after the first check. Throws the error of a place that cannot be checked. */
export async function openDiskReserve(options: DiskReserveOptions): Promise<DiskReserve> {
  const { reserve, log, interval = lookEvery, schedule = createScheduler({ log }).schedule } = options;
  const kept = Math.min(Math.floor(reserve / keptPart), keptAtMost);
  const places = options.places.map((path): Place => ({ path, room: 'enough', left: Infinity, isKept: false }));
  let room: DiskRoom = 'enough';

  /** The state ends with a little more free space than it begins with, so that it does not alternate. */
  function roomAt({ room: before, left, isKept }: Place): DiskRoom {
    if (left < kept && !isKept) return 'full';
    const enough = before === 'enough' ? reserve : reserve + reserve / 20;
    return left >= enough ? 'enough' : 'short';
  }

  async function look(place: Place): Promise<void> {
    const { bavail, bsize } = await statfs(place.path);
    const free = bavail * bsize;
    // The trail and the store also remove the file, when they find a full disk first.
    place.isKept = isRoomKept(place.path);
    if (place.isKept && free < kept / keptPart) place.isKept = !releaseRoom(place.path);
    else if (!place.isKept && free > 2 * kept) {
      await keepRoom(place.path, kept);
      place.isKept = isRoomKept(place.path);
    }
    place.left = free + (place.isKept && free < reserve ? kept : 0);
    const now = roomAt(place);
    if (now === place.room) return;
    place.room = now;
    report(place);
  }

  function report({ path, left, room: now }: Place): void {
    const facts = { path, left: inMebibytes(left), reserve: inMebibytes(reserve) };
    if (now === 'enough') log.info('there is room on the disk again', facts);
    else {
      const served = now === 'short' ? 'what reads, Destroy and Revoke' : 'Get, Destroy and Revoke';
      const hint = `make room on the disk of ${path}, or give it a larger one; --disk-reserve sets the reserve`;
      log.warn(`the disk is ${now === 'short' ? 'nearly ' : ''}full: only ${served} are served`, { ...facts, hint });
    }
  }

  async function lookAtAll(): Promise<void> {
    for (const place of places) await look(place);
    const order: readonly DiskRoom[] = ['full', 'short', 'enough'];
    room = order.find((each) => places.some((place) => place.room === each)) ?? 'enough';
  }

  if (reserve === 0) return { room, close: () => undefined };
  await lookAtAll();
  const stop = schedule({ name: 'look at the room on the disk', interval, run: lookAtAll });
  return {
    get room() {
      return room;
    },
    close: () => void stop(),
  };
}

const inMebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;

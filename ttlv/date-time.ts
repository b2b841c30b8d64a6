/** xsd:dateTime, the form of dates in the XML and text encodings (Additional Message Encodings 1.0 §6.1.6.11). */

const pattern = /^(-?\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,20}))?(?:Z|([+-])(\d\d):(\d\d))?$/;

const microsecondsPerSecond = 1_000_000n;

/** How far a Date reaches on either side of 1970, in seconds. */
const dateRange = 8_640_000_000_000n;

/**
 * Seconds since 1970, or nothing when the text has not this form. "Fractional seconds ... should be ignored
 * (truncated)" (§4.1.6.11).
 */
export function readDateTime(text: string): bigint | undefined {
  return read(text)?.seconds;
}

/** Microseconds since 1970; what is finer is cut off. */
export function readDateTimeExtended(text: string): bigint | undefined {
  const time = read(text);
  return time === undefined ? undefined : time.seconds * microsecondsPerSecond + time.microseconds;
}

/** A time without zone is taken as UTC. */
function read(text: string): { seconds: bigint; microseconds: bigint } | undefined {
  const groups = pattern.exec(text);
  if (groups === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = groups.slice(1, 7).map(Number);
  const [fraction = '', sign, zoneHour = '0', zoneMinute = '0'] = groups.slice(7);
  if (hour > 23 || minute > 59 || second > 59 || Number(zoneHour) > 14 || Number(zoneMinute) > 59) return undefined;

  // Date.UTC would take the years 0 to 99 for those of the last century.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;

  const zone = (sign === '-' ? -60 : 60) * (Number(zoneHour) * 60 + Number(zoneMinute));
  return {
    seconds: BigInt(date.getTime() / 1000 - zone),
    microseconds: BigInt(fraction.slice(0, 6).padEnd(6, '0')),
  };
}

/** @param fraction what stands after the seconds. Nothing is returned when the year is beyond what a Date can say. */
export function writeDateTime(seconds: bigint, fraction = ''): string | undefined {
  if (seconds < -dateRange || seconds > dateRange) return undefined;
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  const sign = year < 0 ? '-' : '';
  const afterYear = date.toISOString().slice(-'-MM-DDThh:mm:ss.sssZ'.length, -'.sssZ'.length);
  return `${sign}${String(Math.abs(year)).padStart(4, '0')}${afterYear}${fraction}+00:00`;
}

/** With all six digits of the microsecond. */
export function writeDateTimeExtended(microseconds: bigint): string | undefined {
  const fraction = ((microseconds % microsecondsPerSecond) + microsecondsPerSecond) % microsecondsPerSecond;
  return writeDateTime((microseconds - fraction) / microsecondsPerSecond, `.${fraction.toString().padStart(6, '0')}`);
}

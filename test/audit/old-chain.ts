/** Records as they were written before there were MACs: each with the hash of the line before it. */
export function linkRecord(opened: string, chain: string, seq: number, prev: string): string {
  return `${opened},"chain":"${chain}","seq":${seq},"prev":"${prev}"}\n`;
}

/** The user names and passwords that the cases authenticate with: the server must know them before the run. */
import { TtlvError, type Item } from '#ttlv/item';
import { Tag } from '#protocol/tags';
import { readCase, type CaseFile } from './cases.ts';
import { readConversation } from './conversation.ts';
import { all, partOf, textIn } from './tree.ts';

export interface UsernameAndPassword {
  readonly username: string;
  readonly password: string;
}

/**
 * Each user name once, with its first password. A file that cannot be read adds nothing here; its run reports the
 * error.
 */
export async function credentialsIn(files: readonly CaseFile[]): Promise<UsernameAndPassword[]> {
  const passwords = new Map<string, string>();
  for (const file of files) {
    const text = await readCase(file);
    if (!text.includes('<Username')) continue;
    for (const request of requestsIn(text)) {
      for (const item of all(request)) {
        const [username, password] = [Tag.Username, Tag.Password].map((tag) => textIn(partOf(item, tag)));
        if (username !== undefined && !passwords.has(username)) passwords.set(username, password ?? '');
      }
    }
  }
  return [...passwords].map(([username, password]) => ({ username, password }));
}

function requestsIn(text: string): readonly Item[] {
  try {
    return readConversation(text, 0).map(({ request }) => request);
  } catch (error) {
    if (error instanceof TtlvError) return [];
    throw error;
  }
}

/** Writes an answer of HTTP. */
import type { ServerResponse } from 'node:http';
import { isLong, sendLong, type SendingOptions } from '#server/admission/sending';

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly content: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Resolves when the operating system has all of it, or the connection has ended. */
export async function sendAnswer(
  response: ServerResponse,
  { status, type, content, headers }: HttpAnswer,
  sending: SendingOptions,
): Promise<void> {
  response.writeHead(status, {
    'content-type': type,
    'content-length': content.length,
    'cache-control': 'no-cache',
    ...headers,
  });
  const rest = isLong(content) ? await sendLong(response, content, sending) : content;
  if (rest === undefined) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(sending.onStalled, sending.timeout);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    response.once('close', done);
    response.end(rest, done);
  });
}

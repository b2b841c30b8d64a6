/** The part of a winston logger that the server uses. */
export interface ServerLog {
  debug(message: string, details?: object): unknown;
  info(message: string, details?: object): unknown;
  warn(message: string, details?: object): unknown;
  error(message: string, details?: object): unknown;
}

/** The rights that operations ask for; `access` says who has them. */

/** On an object. 'archive' puts it away and takes it back: the only one that reaches an object that is archived. */
export type ObjectRight = 'read' | 'fetch' | 'use' | 'modify' | 'destroy' | 'archive';
/** On the server as such. */
export type ServerRight = 'ask' | 'create' | 'locate';
export type Right = ObjectRight | ServerRight;

/** The rights that operations ask for; `access` says who has them. */

/** On an object. */
export type ObjectRight = 'read' | 'fetch' | 'use' | 'modify' | 'destroy';
/** On the server as such. */
export type ServerRight = 'ask' | 'create' | 'locate';
export type Right = ObjectRight | ServerRight;

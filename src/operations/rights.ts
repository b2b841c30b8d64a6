/** The rights that operations require; `access` decides who has them. */

/** On an object. 'archive' is for Archive and Recover: it is the only right that reaches an archived object. */
export type ObjectRight = 'read' | 'fetch' | 'use' | 'modify' | 'destroy' | 'archive';
/** On the server itself. */
export type ServerRight = 'ask' | 'create' | 'locate';
export type Right = ObjectRight | ServerRight;

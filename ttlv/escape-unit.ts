/** A UTF-16 unit as JSON writes it in ASCII: `\u00e9`. */
export const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

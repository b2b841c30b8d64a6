/** `npm run documents`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { documents, tablesIn, withTables } from './tables.ts';

for (const path of documents) {
  const document = readFileSync(path, 'utf8');
  if (tablesIn(document).length > 0) writeFileSync(path, withTables(document));
}

/** A kind that was found by its title, and is found by its number of pages from schema 2 on. */
import type { Migration } from '#repository/schema';
import { jsonKind } from '#store/json-kind';
import { note, type Note } from '#test/fixtures/store-place';

export const pagedNote = jsonKind<Note>(note.name, ({ pages }, term) => [term('pages', String(pages))]);

export const byPages: readonly Migration[] = [{ to: 2, what: 'notes are found by pages', reindex: [pagedNote] }];

import { statement } from './statement.ts';

export const deleteSamples = statement<{ subject: string }>('DELETE FROM samples WHERE subject = :subject');

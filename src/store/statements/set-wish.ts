import type { Wish } from '../../downloads/states.ts';
import { statement } from './statement.ts';

export const setWish = statement<{ id: number; wish: Wish; wish_options: string; now: number }>(
  'UPDATE downloads SET wish = :wish, wish_options = :wish_options, updated_at = :now WHERE id = :id',
);

/** Declarations for rbush, which ships none: only what we use. */
export default class RBush<T> {
  constructor(maxEntries?: number);
  insert(item: T): this;
  load(items: readonly T[]): this;
  remove(item: T, equals?: (a: T, b: T) => boolean): this;
  clear(): this;
  search(box: {minX: number; minY: number; maxX: number; maxY: number}): T[];
  collides(box: {minX: number; minY: number; maxX: number; maxY: number}): boolean;
  all(): T[];
}

/** What is made once for two objects and a text, and kept for as long as both objects are: at most so many texts for each pair. */
export class Memo<T> {
  readonly #all = new WeakMap<object, WeakMap<object, Map<string, T>>>();

  constructor(private readonly most: number) {}

  get(one: object, other: object, key: string, make: () => T): T {
    const ofPair = this.#ofPair(one, other);
    let made = ofPair.get(key);
    if (made === undefined) {
      made = make();
      if (ofPair.size >= this.most) ofPair.clear();
      ofPair.set(key, made);
    }
    return made;
  }

  #ofPair(one: object, other: object): Map<string, T> {
    let ofOne = this.#all.get(one);
    if (ofOne === undefined) this.#all.set(one, (ofOne = new WeakMap()));
    let ofPair = ofOne.get(other);
    if (ofPair === undefined) ofOne.set(other, (ofPair = new Map()));
    return ofPair;
  }
}

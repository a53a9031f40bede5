/** The results of `work` in the order of its inputs, with at most `most` of them under way. */
export async function* inOrder<T, R>(
  inputs: readonly T[],
  most: number,
  work: (input: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  const start = (input: T): void => {
    const one = work(input);
    // Whoever awaits it in its turn hears of a failure; until then it is nobody's.
    one.catch(() => {});
    underWay.push(one);
  };
  for (const input of inputs) {
    if (underWay.length >= most) yield await underWay.shift()!;
    start(input);
  }
  while (underWay.length > 0) yield await underWay.shift()!;
}

/**
 * A curve of any number of points in bounded memory: a point stands for `width` neighbours, their means. When there are
 * too many, each two become one, and `width` doubles.
 *
 *   · · · · · · · ·   →   :   :   :   :
 */
export class ThinnedCurve {
  readonly x: number[] = [];
  readonly y: number[] = [];
  readonly #limit: number;
  #width = 1;
  #sumX = 0;
  #sumY = 0;
  #count = 0;

  /** @param limit the most points that are kept: an even number */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(x: number, y: number): void {
    this.#sumX += x;
    this.#sumY += y;
    this.#count += 1;
    if (this.#count < this.#width) return;
    this.x.push(this.#sumX / this.#width);
    this.y.push(this.#sumY / this.#width);
    this.#startPoint();
    if (this.x.length === this.#limit) this.#halve();
  }

  clear(): void {
    this.x.length = this.y.length = 0;
    this.#width = 1;
    this.#startPoint();
  }

  #startPoint(): void {
    this.#sumX = this.#sumY = this.#count = 0;
  }

  #halve(): void {
    for (const values of [this.x, this.y]) {
      for (let i = 0; i < this.#limit / 2; i++) values[i] = ((values[2 * i] ?? 0) + (values[2 * i + 1] ?? 0)) / 2;
      values.length = this.#limit / 2;
    }
    this.#width *= 2;
  }
}

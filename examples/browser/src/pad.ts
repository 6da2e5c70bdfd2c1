/**
 * The field that digits are drawn in, with mouse, finger or pen, or with the keyboard: white ink, as MNIST has it.
 */
import { type PreparedDigit, prepareDigit } from "lanegrad";
import { SIDE } from "./digits.ts";
import { contextOf, element, made, write } from "./dom.ts";

type Point = { readonly x: number; readonly y: number };

const SIZE = 280;
/** A line is about a twelfth of the field wide: as in MNIST, after a digit has been scaled to its size. */
const LINE = SIZE / 12;
/** Small enough to be prepared at every frame. */
const READ_SIZE = 4 * SIDE;
const STEP = SIZE / SIDE;

export class Pad {
  /** Told of every change. */
  onChange: () => void = () => {};
  readonly #canvas = element("pad", HTMLCanvasElement);
  readonly #field = element("field", HTMLDivElement);
  readonly #context = contextOf(this.#canvas);
  readonly #pen = element("pen", HTMLSpanElement);
  readonly #status = element("pad-status", HTMLParagraphElement);
  readonly #small = made("canvas");
  readonly #reader: CanvasRenderingContext2D;
  /** Where the pointer that draws was last; one draws at a time. */
  #stroke: { readonly pointer: number; at: Point } | undefined;
  #penAt: Point = { x: SIZE / 2, y: SIZE / 4 };
  #isPenDown = false;
  /** A digit that was put in as it is, until something is drawn over it. */
  #given: Uint8Array | undefined;

  constructor() {
    this.#small.width = this.#small.height = READ_SIZE;
    this.#reader = contextOf(this.#small, { willReadFrequently: true });
    Object.assign(this.#context, { lineCap: "round", lineJoin: "round", strokeStyle: "white", lineWidth: LINE });
    this.#listenToPointers();
    this.#listenToKeys();
  }

  /** The drawing as the network takes it; undefined where nothing is drawn. */
  digit(): PreparedDigit | undefined {
    if (this.#given !== undefined) return { pixels: this.#given, changes: [] };
    this.#reader.clearRect(0, 0, READ_SIZE, READ_SIZE);
    this.#reader.drawImage(this.#canvas, 0, 0, READ_SIZE, READ_SIZE);
    const { data } = this.#reader.getImageData(0, 0, READ_SIZE, READ_SIZE);
    const grey = Float64Array.from({ length: READ_SIZE * READ_SIZE }, (_, i) => data[4 * i + 3] ?? 0); // ink is opaque
    return prepareDigit({ width: READ_SIZE, height: READ_SIZE, grey }, SIDE);
  }

  clear(): void {
    this.#given = undefined;
    this.#context.clearRect(0, 0, SIZE, SIZE);
    this.onChange();
  }

  /** Puts a digit in, pixel by pixel. */
  show(pixels: Uint8Array): void {
    this.#context.clearRect(0, 0, SIZE, SIZE);
    for (const [i, value] of pixels.entries()) {
      this.#context.fillStyle = `rgb(255 255 255 / ${value / 255})`;
      this.#context.fillRect((i % SIDE) * STEP, Math.floor(i / SIDE) * STEP, STEP, STEP);
    }
    this.#given = pixels.slice();
    this.onChange();
  }

  #listenToPointers(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (this.#stroke !== undefined || event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#stroke = { pointer: event.pointerId, at: this.#pointOf(event) };
      this.#line(this.#stroke.at, this.#stroke.at);
    });
    canvas.addEventListener("pointermove", (event) => {
      const stroke = this.#stroke;
      if (stroke?.pointer !== event.pointerId) return;
      const moves = event.getCoalescedEvents?.() ?? [];
      for (const move of moves.length > 0 ? moves : [event]) {
        const to = this.#pointOf(move);
        this.#line(stroke.at, to);
        stroke.at = to;
      }
    });
    const end = (event: PointerEvent) => {
      if (this.#stroke?.pointer === event.pointerId) this.#stroke = undefined;
    };
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const)
      canvas.addEventListener(type, end);
  }

  #pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: ((clientX - left) / width) * SIZE, y: ((clientY - top) / height) * SIZE };
  }

  #listenToKeys(): void {
    const moves: Readonly<Record<string, Point>> = {
      ArrowLeft: { x: -STEP, y: 0 },
      ArrowRight: { x: STEP, y: 0 },
      ArrowUp: { x: 0, y: -STEP },
      ArrowDown: { x: 0, y: STEP },
    };
    this.#field.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      if (move !== undefined) this.#movePen(move);
      else if (event.key === " ") this.#setPen(this.#isPenDown ? "up" : "down");
      else if (event.key === "Delete" || event.key === "Backspace") this.clear();
      else return;
      event.preventDefault();
    });
    this.#field.addEventListener("focus", () => {
      if (this.#field.matches(":focus-visible")) this.#showPen();
    });
    this.#field.addEventListener("blur", () => {
      this.#pen.hidden = true;
      this.#isPenDown = false;
    });
  }

  #movePen({ x, y }: Point): void {
    const from = this.#penAt;
    const within = (value: number) => Math.min(SIZE - LINE / 2, Math.max(LINE / 2, value));
    this.#penAt = { x: within(from.x + x), y: within(from.y + y) };
    if (this.#isPenDown) this.#line(from, this.#penAt);
    this.#showPen();
  }

  #setPen(place: "up" | "down"): void {
    this.#isPenDown = place === "down";
    if (this.#isPenDown) this.#line(this.#penAt, this.#penAt);
    write(this.#status, `Pen ${place}`);
    this.#showPen();
  }

  #showPen(): void {
    this.#pen.hidden = false;
    this.#pen.classList.toggle("down", this.#isPenDown);
    this.#pen.style.left = `${(100 * this.#penAt.x) / SIZE}%`;
    this.#pen.style.top = `${(100 * this.#penAt.y) / SIZE}%`;
  }

  #line(from: Point, to: Point): void {
    this.#given = undefined;
    this.#context.beginPath();
    this.#context.moveTo(from.x, from.y);
    this.#context.lineTo(to.x, to.y);
    this.#context.stroke();
    this.onChange();
  }
}

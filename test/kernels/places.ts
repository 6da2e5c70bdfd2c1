/** Where exp, log, tanh, sigmoid and softplus are hardest to get right. */
import { unreachable } from "../../src/unreachable.ts";
import { draws } from "../support/floats.ts";

export type Name = "exp" | "log" | "tanh" | "sigmoid" | "softplus";

/** Inputs of each kind. */
const COUNT = 6000;

/** Where the methods bend: the seams of their reductions, the neighbourhoods of 0 and 1, the ends of the range. */
export function hardPlaces(name: Name): number[] {
  const draw = draws(11);
  const places: number[] = [];
  const add = (place: () => number) => {
    for (let i = 0; i < COUNT; i++) places.push(place());
  };
  const sign = () => (draw() < 0.5 ? -1 : 1);
  const magnitude = (low: number, high: number) => 2 ** (low + (high - low) * draw());
  const nearly = (x: number) => x * (1 + (draw() - 0.5) * 1e-5);
  const whole = (low: number, high: number) => low + Math.floor((high - low + 1) * draw());
  switch (name) {
    case "exp":
      add(() => -104 + 193 * draw()); // float32's range
      add(() => -746 + 1456 * draw()); // float64's
      add(() => nearly((whole(-1075, 1023) + 0.5) * Math.LN2)); // where n steps
      add(() => nearly((whole(-150, 127) + 0.5) * Math.LN2));
      add(() => sign() * magnitude(-60, 1));
      add(() => -745.2 + 37 * draw()); // subnormal results
      break;
    case "log":
      add(() => magnitude(-1074, 1024));
      add(() => magnitude(-149, 128));
      add(() => 1 + sign() * magnitude(-52, -1));
      add(() => nearly(Math.SQRT2 * 2 ** whole(-20, 20))); // where k steps
      add(() => 0.7 + 0.75 * draw());
      add(() => magnitude(-1074, -1020));
      break;
    case "tanh":
      add(() => sign() * 3 * draw());
      add(() => sign() * 25 * draw());
      add(() => nearly((whole(0, 30) + 0.5) * 0.5 * Math.LN2));
      add(() => sign() * magnitude(-80, 0));
      add(() => sign() * magnitude(-1074, -1000));
      break;
    case "softplus": // its own exponential and logarithm bend at 0, and where 1 + e^-|x| rounds to 1
      add(() => -746 + 800 * draw());
      add(() => -104 + 150 * draw());
      add(() => sign() * 40 * draw());
      add(() => sign() * 2 * draw());
      add(() => sign() * magnitude(-60, 6));
      add(() => -Math.log(2) * nearly(whole(20, 56)));
      break;
    case "sigmoid":
      add(() => sign() * 6 * draw());
      add(() => -746 + 800 * draw());
      add(() => -104 + 150 * draw());
      add(() => nearly((whole(-60, 0) + 0.5) * Math.LN2));
      add(() => sign() * magnitude(-60, 6));
      break;
    default:
      return unreachable(name);
  }
  return places;
}

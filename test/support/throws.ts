/** Errors by class: what was thrown comes back, so that a test can look at its fields. */
import * as assert from "uvu/assert";

type ErrorClass<E> = { readonly name: string } & (new (...args: never[]) => E);

/** The call throws an error of this class. */
export function assertThrows<E extends Error>(call: () => unknown, type: ErrorClass<E>, label: string): E {
  try {
    call();
  } catch (error) {
    return checked(error, type, label);
  }
  return assert.unreachable(`${label}: expected ${type.name}, nothing was thrown`) as never;
}

/** The call throws an error of this class with these fields. */
export function assertRefused<E extends Error>(call: () => unknown, type: ErrorClass<E>, fields: Partial<E>): void {
  const label = JSON.stringify(fields);
  const error = assertThrows(call, type, label);
  for (const [name, value] of Object.entries(fields)) assert.equal(error[name as keyof E], value, `${label}: ${error}`);
}

/** The promise rejects with an error of this class. */
export async function assertRejects<E extends Error>(
  call: () => Promise<unknown>,
  type: ErrorClass<E>,
  label: string,
): Promise<E> {
  try {
    await call();
  } catch (error) {
    return checked(error, type, label);
  }
  return assert.unreachable(`${label}: expected ${type.name}, nothing was thrown`) as never;
}

/** Also holds the error to the name that its class has, which is what a log shows. */
function checked<E extends Error>(error: unknown, type: ErrorClass<E>, label: string): E {
  if (!(error instanceof type)) assert.unreachable(`${label}: expected ${type.name}, found ${error}`);
  const found = error as E;
  assert.is(found.name, type.name, label);
  return found;
}

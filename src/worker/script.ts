/**
 * Why a browser's worker script did not start. Browsers report a script that throws by an event with a message, and
 * everything else (not found, another type, forbidden by a policy, a syntax error of a module) by an event without one: the
 * reason is looked for afterwards.
 */
import { reasonOf } from "../platform/reason.ts";

/** How long the script's address is asked for the reason. */
const FETCH_MILLISECONDS = 5000;
const JAVASCRIPT = /(java|ecma|j|live)script/i;
const EMBEDDER = "cross-origin-embedder-policy";
/** What it may be where nothing can be found out. */
const CANDIDATES =
  "not found, not of a JavaScript type, broken, or forbidden by a Content-Security-Policy (worker-src) or by " +
  "Cross-Origin-Embedder-Policy; the browser's console says which";

/** What is known of a worker's script while it starts. */
export type ScriptWatch = {
  /** Its address, where a `Worker` was made. */
  address: string | undefined;
  /** The address of a script that was made to import it. */
  blob?: string;
  /** Finds out why it did not start; one line. */
  readonly explain: () => Promise<string>;
  readonly end: () => void;
};

/** What is used of a page's global object. */
type Page = {
  Worker?: new (script: string | URL, options?: object) => object;
  readonly crossOriginIsolated?: boolean;
  readonly location?: { readonly href: string };
  readonly origin?: string;
  readonly trustedTypes?: {
    createPolicy(name: string, rules: { readonly createScriptURL: (address: string) => string }): TrustedPolicy;
  };
  addEventListener?(type: string, listener: (event: Violation) => void): void;
  removeEventListener?(type: string, listener: (event: Violation) => void): void;
};

type TrustedPolicy = { createScriptURL(address: string): unknown };

type Violation = {
  readonly effectiveDirective: string;
  readonly blockedURI: string;
  readonly disposition: "enforce" | "report";
};

/** Watches policies from now on; `end` must be called. */
export function watchScript(): ScriptWatch {
  const page = globalThis as Page;
  const since = performance.now();
  let isForbidden = false;
  const onViolation = ({ effectiveDirective, blockedURI, disposition }: Violation): void => {
    const isOfWorker = /^(worker|child)-src/.test(effectiveDirective) || blockedURI === watch.address;
    if (disposition === "enforce" && isOfWorker) isForbidden = true;
  };
  page.addEventListener?.("securitypolicyviolation", onViolation);
  const watch: ScriptWatch = {
    address: undefined,
    async explain() {
      const { address } = watch;
      const script = `its script${address === undefined ? "" : `, ${address},`}`;
      const policy = `${script} is forbidden by a Content-Security-Policy (worker-src)`;
      if (isForbidden) return policy;
      const reason = address === undefined ? undefined : await reasonAt(address, since);
      return isForbidden ? policy : `${script} ${reason ?? `did not start: ${CANDIDATES}`}`;
    },
    end() {
      page.removeEventListener?.("securitypolicyviolation", onViolation);
      if (watch.blob !== undefined) URL.revokeObjectURL(watch.blob);
    },
  };
  return watch;
}

/**
 * Calls `make`, and notes the address of the worker that it makes: a `Worker` does not expose it.
 *
 * A browser starts no script of another origin, such as a CDN: there, a script of this origin is started that imports it.
 *
 * @param isOwn whether the script is the library's, which a page with Trusted Types may allow by the name of its policy
 */
export function noting<W>(watch: ScriptWatch, make: () => W, isOwn = false): W {
  const page = globalThis as Page;
  const { Worker } = page;
  if (Worker === undefined) return make();
  page.Worker = new Proxy(Worker, {
    construct(target, [script, ...rest], newTarget) {
      const address = new URL(String(script), page.location?.href);
      watch.address = address.href;
      const here = page.origin; // "null" in a sandboxed frame, whatever its address is
      const isElsewhere = /^https?:/.test(address.protocol) && here !== undefined && here !== address.origin;
      const started = isElsewhere ? importing(watch, rest[0]) : script;
      return Reflect.construct(target, [isOwn ? trusted(started) : started, ...rest], newTarget) as object;
    },
  });
  try {
    return make();
  } finally {
    page.Worker = Worker;
  }
}

/** A script of this origin that loads another. */
function importing(watch: ScriptWatch, options: { readonly type?: string } | undefined): string {
  const name = JSON.stringify(watch.address);
  const text = options?.type === "module" ? `import ${name};` : `importScripts(${name});`;
  watch.blob = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return watch.blob;
}

/** What a page that requires Trusted Types takes for the address of a script; the address where its policy has no such name. */
function trusted(script: string | URL): unknown {
  const { trustedTypes } = globalThis as Page;
  try {
    policy ??= trustedTypes?.createPolicy("lanegrad", { createScriptURL: (address) => address });
  } catch {
    return script; // which the browser refuses, and says why
  }
  return policy?.createScriptURL(String(script)) ?? script;
}

let policy: TrustedPolicy | undefined;

/** The response of the script's server: the end of a sentence about the script; undefined if there is none. */
async function reasonAt(address: string, since: number): Promise<string | undefined> {
  let response: Response;
  try {
    response = await ask(address);
  } catch (error) {
    return `cannot be fetched from this page (${reasonOf(error)}): ${CANDIDATES}`;
  }
  if (!response.ok) return `was not found: HTTP ${response.status}`;
  const type = response.headers.get("content-type");
  const isData = /^(blob|data):/.test(address);
  if (!isData && !JAVASCRIPT.test(type ?? "")) return `has the type ${type ?? "unknown"}, not text/javascript`;
  if (!isData && !response.headers.has(EMBEDDER) && (await hasEmbedderPolicy())) {
    return `is blocked by the page's Cross-Origin-Embedder-Policy: its response needs the header ${EMBEDDER}: require-corp`;
  }
  const missing = missingImport(since);
  if (missing !== undefined) return `imports ${missing.name}: HTTP ${missing.responseStatus}`;
  return "is there, but did not start: it has a syntax error, or a module that it imports is missing or forbidden";
}

async function hasEmbedderPolicy(): Promise<boolean> {
  const { crossOriginIsolated, location } = globalThis as Page;
  if (crossOriginIsolated) return true;
  try {
    return location !== undefined && (await ask(location.href, "HEAD")).headers.has(EMBEDDER);
  } catch {
    return false;
  }
}

/** A module that was asked for since then, and is not there: some browsers keep its status. */
function missingImport(since: number): PerformanceResourceTiming | undefined {
  const entries = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
  return entries.find(
    ({ initiatorType, responseStatus, startTime }) =>
      initiatorType === "script" && startTime >= since && responseStatus >= 400,
  );
}

/** The head of an answer. */
async function ask(address: string, method: "GET" | "HEAD" = "GET"): Promise<Response> {
  const response = await fetch(address, { method, signal: AbortSignal.timeout(FETCH_MILLISECONDS) });
  await response.body?.cancel();
  return response;
}

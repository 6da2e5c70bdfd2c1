/** The page: its parts, and who tells whom. */
import "./symbols.ts";
import { readAddress, writeAddress } from "./address.ts";
import { Button } from "./buttons.ts";
import { DataPanel } from "./data_panel.ts";
import { element, write } from "./dom.ts";
import { listenForDrops } from "./drop.ts";
import { SettingsForm } from "./form.ts";
import { oncePerFrame, oneAtATime } from "./frames.ts";
import { messageAt, wordsOf } from "./message.ts";
import { ModelPanel } from "./model_panel.ts";
import { Pad } from "./pad.ts";
import { Reading } from "./reading.ts";
import { Session } from "./session.ts";
import { DEFAULTS } from "./settings.ts";
import { TrainingPanel } from "./training_panel.ts";

performance.mark("opening");
const { settings, faults } = readAddress(location.hash);
const form = new SettingsForm();
form.show(settings, faults);

try {
  await open(await Session.start(settings));
} catch (error) {
  messageAt("trouble").say(`The network cannot be started: ${wordsOf(error)}`);
  write(element("status", HTMLParagraphElement), "Not started.");
}

async function open(session: Session): Promise<void> {
  const training = new TrainingPanel(session, form);
  const pad = connectPad(session, training);
  const model = new ModelPanel(session, (file) => {
    training.refresh(`from a file, ${file}`);
    training.say(`The network from ${file} is loaded.`);
    pad.onChange();
  });
  const data = new DataPanel(async (digits) => {
    const when = await session.giveDigits(digits);
    training.refresh();
    return when;
  });
  listenForDrops({ onNetwork: (file) => model.takeFile(file), onDigits: (files) => data.takeFiles(files) });
  connectAddress(training);
  training.refresh("untrained");
  performance.mark("ready");
  await data.takeBundled();
  training.say(session.digits === undefined ? "There are no digits to learn yet." : "Ready.");
}

/** Draws, asks, shows; asks again whenever the network has changed. */
function connectPad(session: Session, training: TrainingPanel): Pad {
  const pad = new Pad();
  const reading = new Reading();
  const read = oneAtATime(async () => {
    const digit = pad.digit();
    if (digit === undefined) return reading.clear();
    const probabilities = await session.read(digit.pixels);
    if (probabilities !== undefined) reading.show(probabilities, digit.pixels);
  });
  pad.onChange = oncePerFrame(read);
  training.onNetwork = pad.onChange;
  let next = 0;
  new Button("clear", () => pad.clear());
  new Button("example", () => {
    const { test } = session.digits ?? {};
    if (test === undefined) return;
    pad.show(test.inputs.subarray(next * test.size, (next + 1) * test.size));
    next = (next + 1) % test.length;
  }).switch("on");
  return pad;
}

/** Settings and address follow each other. */
function connectAddress(training: TrainingPanel): void {
  const note = element("share-message", HTMLParagraphElement);
  form.onChange = (changed) => {
    history.replaceState(null, "", writeAddress(changed));
    write(note, "");
    training.settingsChanged();
  };
  addEventListener("hashchange", () => {
    const read = readAddress(location.hash);
    form.show(read.settings, read.faults);
    training.settingsChanged();
  });
  new Button("defaults", () => {
    form.show(DEFAULTS);
    form.onChange(DEFAULTS);
  });
  new Button("share", async () => {
    const link = new URL(writeAddress(form.settings), location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      write(note, "Copied. Who opens the link gets these settings.");
    } catch {
      write(note, `The browser does not let this page copy; the link is ${link}`);
    }
  });
}

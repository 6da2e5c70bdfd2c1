/** Files dropped anywhere on the page: a network, or digits. */
import { element } from "./dom.ts";

export type DropTargets = {
  readonly onNetwork: (file: File) => void;
  readonly onDigits: (files: readonly File[]) => void;
};

export function listenForDrops({ onNetwork, onDigits }: DropTargets): void {
  const veil = element("drop-veil", HTMLDivElement);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    veil.hidden = true;
    if (!hasFiles(event)) return;
    event.preventDefault(); // or the browser would leave the page for the file
    const files = [...(event.dataTransfer?.files ?? [])];
    const network = files.find(({ name }) => name.toLowerCase().endsWith(".safetensors"));
    if (network !== undefined) onNetwork(network);
    const digits = files.filter((file) => file !== network);
    if (digits.length > 0) onDigits(digits);
  });
}

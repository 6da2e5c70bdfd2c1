/** The location of a file in a folder, be it a path, a `file:` URL or a base address; all of them take a slash. */
export function locate(folder: string, name: string): string {
  return folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

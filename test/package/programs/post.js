/** Says what a page has found, whatever its program: to the server whose address is in the query. */
export async function post(result) {
  const query = new URLSearchParams(location.search);
  const address = `${query.get("server")}/result/${query.get("row")}`;
  await fetch(address, { method: "POST", body: JSON.stringify(result) });
}

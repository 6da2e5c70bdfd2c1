/** Chooses the language by the address (#ko, #en), else as last time, else by the browser; the colours as last time. */
(() => {
  const LANGUAGES = ["en", "ko"];
  const root = document.documentElement;

  // A page from a file may have no storage: then nothing is remembered.
  const remembered = (name) => {
    try {
      return localStorage.getItem(`lanegrad-chapter-${name}`);
    } catch {
      return null;
    }
  };
  const remember = (name, value) => {
    try {
      localStorage.setItem(`lanegrad-chapter-${name}`, value);
    } catch {}
  };

  const fromAddress = () => LANGUAGES.find((language) => location.hash === `#${language}`);
  const fromBrowser = () =>
    navigator.languages.map((name) => name.slice(0, 2).toLowerCase()).find((name) => LANGUAGES.includes(name));

  const check = (id) => {
    const choice = document.getElementById(id);
    if (choice !== null) choice.checked = true;
  };
  const show = (language) => {
    check(`language-${language}`);
    root.lang = language;
    document.title = document.querySelector(`h1 .${language}`).textContent;
  };

  const kept = remembered("language");
  show(fromAddress() ?? (LANGUAGES.includes(kept) ? kept : undefined) ?? fromBrowser() ?? "en");
  check(`colours-${remembered("colours")}`);

  document.addEventListener("change", ({ target }) => {
    const { name, value } = target;
    remember(name, value);
    if (name !== "language") return;
    show(value);
    if (location.hash === "" || fromAddress() !== undefined) history.replaceState(null, "", `#${value}`);
  });
  addEventListener("hashchange", () => {
    const language = fromAddress();
    if (language !== undefined) show(language);
  });
})();

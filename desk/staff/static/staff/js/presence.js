// Who types or reads is there, also without asking the server for anything: the login goes on.
const EVERY_MS = 4 * 60 * 1000;

export function watchPresence(address) {
  let told = Date.now();
  const here = () => {
    if (Date.now() - told < EVERY_MS) return;
    told = Date.now();
    fetch(address, { headers: { "HX-Request": "true" } }).catch(() => {});
  };
  for (const sign of ["keydown", "pointerdown", "scroll"]) document.addEventListener(sign, here, { passive: true, capture: true });
}

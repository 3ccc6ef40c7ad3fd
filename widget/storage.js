// Small values kept in the browser. Where storage is switched off they live as long as the page does.

export function keep(area, key) {
  let inMemory = null;
  return {
    read() {
      try {
        return JSON.parse(area().getItem(key)) || inMemory;
      } catch (error) {
        return inMemory;
      }
    },
    write(value) {
      inMemory = value;
      try {
        area().setItem(key, JSON.stringify(value));
      } catch (error) {
        // full or forbidden: memory has to do
      }
    },
  };
}

/** A random id; `randomUUID` exists on https and localhost only. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

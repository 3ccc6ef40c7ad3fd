// Small values kept in the browser. Where storage is switched off they live as long as the page does.

export function keep(key) {
  let inMemory = {};
  return {
    key,
    read() {
      try {
        return JSON.parse(localStorage.getItem(key)) || inMemory;
      } catch (error) {
        return inMemory;
      }
    },
    /** Change some values; `undefined` forgets one. */
    merge(values) {
      inMemory = { ...this.read(), ...values };
      try {
        localStorage.setItem(key, JSON.stringify(inMemory));
      } catch (error) {
        // full or forbidden: memory has to do
      }
    },
    clear() {
      inMemory = {};
      try {
        localStorage.removeItem(key);
      } catch (error) {
        // as above
      }
    },
  };
}

/** A random id; `randomUUID` exists on https and localhost only. */
export function randomId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

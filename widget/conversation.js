// What has been said, each message once and in order.

const ARABIC_DIGIT = /[\u0660-\u0669\u06f0-\u06f9]/;

export class Conversation {
  constructor() {
    this.clear();
  }

  /** Forget what the desk has stored; what has not been sent stays. */
  restart() {
    const unsent = this.items.filter((item) => item.state !== "sent");
    this.clear();
    for (const item of unsent) this.take(item);
  }

  clear() {
    this.items = [];
    this.byKey = new Map();
    // Only what arrived through history or the stream moves this on: our own message's answer may overtake
    // messages that were stored before it.
    this.lastSeq = 0;
  }

  /** Take in a stored message, once. */
  receive(message) {
    this.lastSeq = Math.max(this.lastSeq, message.seq);
    if (this.byKey.has(message.id)) return;
    const own = message.client_id && this.byKey.get(message.client_id);
    const item = own || {};
    Object.assign(item, {
      id: message.id,
      seq: message.seq,
      author: message.author,
      name: message.name,
      text: message.text,
      language: message.language,
      buttons: message.buttons || [],
      rateable: message.rateable,
      feedback: message.feedback,
      at: new Date(message.at),
      state: "sent",
    });
    this.byKey.set(message.id, item);
    if (!own) this.items.push(item);
    this.sort();
  }

  /** Add what the visitor has just written, before the desk knows it. */
  write({ clientId, text, choice = "", at = new Date() }) {
    const item = { clientId, text, choice, at, author: "patient", buttons: [], seq: Infinity, state: "sending" };
    this.take(item);
    return item;
  }

  /** Add an item that is not stored yet, behind all that is. */
  take(item) {
    this.byKey.set(item.clientId, item);
    this.items.push(item);
    this.sort();
  }

  has(key) {
    return this.byKey.has(key);
  }

  get(key) {
    return this.byKey.get(key);
  }

  /** The desk has stored an item of ours. */
  stored(item, { id, seq }) {
    item.state = "sent";
    if (this.byKey.has(id)) return; // the stream was faster
    Object.assign(item, { id, seq });
    this.byKey.set(id, item);
    this.sort();
  }

  sort() {
    this.items.sort((a, b) => (a.seq === b.seq ? 0 : a.seq - b.seq));
    let arabicDigits = false;
    for (const item of this.items) {
      if (item.author === "patient" && /\d/.test(item.text)) arabicDigits = false;
      if (item.author === "patient" && ARABIC_DIGIT.test(item.text)) arabicDigits = true;
      item.arabicDigits = arabicDigits; // digits as the patient wrote them last
    }
  }

  /** The buttons that may be pressed now: of the last message, as long as it is the clinic's. */
  openChoices() {
    const last = this.items[this.items.length - 1];
    return last && last.author !== "patient" ? last.buttons : [];
  }
}

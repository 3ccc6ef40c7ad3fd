// Reads Server-Sent Events from chunks of bytes, wherever they are cut. Not the browser's EventSource: that sends
// no Authorization header, and a token has no place in an address.

export function eventParser(onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  let name = "";
  let data = [];

  const take = (line) => {
    if (line === "") {
      if (data.length) onEvent(name || "message", JSON.parse(data.join("\n")));
      name = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  };

  return (bytes) => {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop();
    for (const line of lines) take(line.replace(/\r$/, ""));
  };
}

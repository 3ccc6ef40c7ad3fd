// How many wait, where it is seen from another tab: in the title and on the tab's icon.
const SIZE = 32;
const plainTitle = document.title.replace(/^\(\d+\) /, "");
const link = document.querySelector("link[rel=icon]");
const plainIcon = link.href;

export function showCount(count) {
  document.title = count ? `(${count}) ${plainTitle}` : plainTitle;
  if (!count) {
    link.href = plainIcon;
    return;
  }
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
  const draw = canvas.getContext("2d");
  draw.fillStyle = "#a8201a";
  draw.beginPath();
  draw.arc(SIZE / 2, SIZE / 2, SIZE / 2, 0, 2 * Math.PI);
  draw.fill();
  draw.fillStyle = "#fff";
  draw.font = "bold 20px sans-serif";
  draw.textAlign = "center";
  draw.textBaseline = "middle";
  draw.fillText(count > 9 ? "9+" : count, SIZE / 2, SIZE / 2 + 1);
  link.href = canvas.toDataURL();
}

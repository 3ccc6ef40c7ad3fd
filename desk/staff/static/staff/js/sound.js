// Sounds without a file. The chime for something new is the reader's choice; the alarm is not.
const KEPT = "desk-sound";
const ALARM_MS = 4000;

export class Sound {
  constructor(button) {
    this.button = button;
    this.context = new AudioContext();
    this.isOn = localStorage.getItem(KEPT) === "on";
    this.timer = null;
    this.showState();
    button.hidden = false;
    button.addEventListener("click", () => this.toggle());
    // Browsers keep a page silent until its reader has touched it.
    for (const touch of ["pointerdown", "keydown"]) {
      document.addEventListener(touch, () => this.context.resume().then(() => this.showBlocked()));
    }
    document.body.addEventListener("htmx:afterSettle", () => this.showBlocked());
  }

  toggle() {
    this.isOn = !this.isOn;
    localStorage.setItem(KEPT, this.isOn ? "on" : "off");
    this.showState();
    this.chime();
  }

  showState() {
    this.button.setAttribute("aria-pressed", this.isOn);
    this.button.textContent = this.isOn ? this.button.dataset.on : this.button.dataset.off;
  }

  chime() {
    if (this.isOn) this.play([660, 880], 0.16, 0.12);
  }

  /** Sound until nobody has an alarm to acknowledge. */
  alarm(isOn) {
    if (isOn && this.timer === null) {
      const sound = () => {
        this.play([880, 620, 880, 620, 880], 0.22, 0.4);
        this.showBlocked();
      };
      this.timer = setInterval(sound, ALARM_MS);
      sound();
    } else if (!isOn && this.timer !== null) {
      clearInterval(this.timer);
      this.timer = null;
    }
    document.documentElement.dataset.alarm = isOn ? "sounding" : "";
  }

  showBlocked() {
    const blocked = this.context.state !== "running";
    for (const line of document.querySelectorAll(".alarm-sound")) line.hidden = !blocked;
  }

  play(tones, seconds, volume) {
    if (this.context.state !== "running") return;
    tones.forEach((tone, index) => {
      const start = this.context.currentTime + index * seconds;
      const voice = new OscillatorNode(this.context, { frequency: tone });
      const level = new GainNode(this.context, { gain: 0 });
      level.gain.setValueAtTime(0, start);
      level.gain.linearRampToValueAtTime(volume, start + 0.02);
      level.gain.linearRampToValueAtTime(0, start + seconds);
      voice.connect(level).connect(this.context.destination);
      voice.start(start);
      voice.stop(start + seconds);
    });
  }
}

// Run in the page by test_frame_exact.py: goes to frames by the desk's own controls, and keeps what
// is on screen when the desk says that the frame is there.
async (desk, { seeks, steps, size, settle }) => {
  const PATIENCE_MS = 20_000;
  const video = desk.querySelector("video");
  const box = desk.querySelector(".frame-box");
  const time = desk.querySelector(".time");
  const small = document.createElement("canvas");
  [small.width, small.height] = size;
  const context = small.getContext("2d", { willReadFrequently: true });

  /** Grey values of elements drawn one over the other. */
  const grey = (...elements) => {
    for (const one of elements) context.drawImage(one, 0, 0, ...size);
    const { data } = context.getImageData(0, 0, ...size);
    return new Uint8Array(size[0] * size[1]).map((_, n) => data[4 * n]);
  };

  const there = (frame) =>
    desk.dataset.frame === String(frame) && desk.dataset.confirmed === "true";

  const arrival = (frame) =>
    new Promise((resolve, reject) => {
      if (there(frame)) return resolve();
      const watcher = new MutationObserver(() => there(frame) && finish(resolve));
      const late = () => {
        const { frame: at, confirmed } = desk.dataset;
        finish(() => reject(new Error(`frame ${frame} did not come: ${at}, ${confirmed}`)));
      };
      const timer = setTimeout(late, PATIENCE_MS);
      const finish = (end) => {
        watcher.disconnect();
        clearTimeout(timer);
        end();
      };
      watcher.observe(desk, { attributes: true });
    });

  const base64 = (values) => btoa(String.fromCharCode(...values));

  const look = (frame) => {
    const still = desk.querySelector("canvas.decoded:not([hidden])");
    const seen = grey(...(still ? [video, still] : [video]));
    const words = { box: box.value, time: time.textContent };
    return { frame, picture: base64(seen), ...words, drawn: Boolean(still), seen };
  };

  /** What the video under the drawn picture shows once it has followed. */
  const followed = async (frame) => {
    const { seen, ...drawn } = look(frame);
    const began = performance.now();
    let below = grey(video);
    const differs = (value, n) => Math.abs(value - seen[n]) > 60;
    while (below.some(differs) && performance.now() - began < PATIENCE_MS) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      below = grey(video);
    }
    return { ...drawn, picture: base64(below) };
  };

  const type = (text) => {
    box.focus();
    box.value = text;
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  };

  const found = [];
  const keep = ({ seen, ...rest }) => found.push(rest);
  for (const [number, [frame, text]] of seeks.entries()) {
    type(text);
    await arrival(frame);
    keep(look(frame));
    if (settle.includes(number)) found.push(await followed(frame));
  }
  for (const frame of steps) {
    const press = { key: "ArrowLeft", code: "ArrowLeft", bubbles: true, cancelable: true };
    document.dispatchEvent(new KeyboardEvent("keydown", press));
    await arrival(frame);
    keep(look(frame));
  }
  found.push(await followed(steps.at(-1)));
  return found;
}

// A sheet to draw on; the server rasterises its strokes, and streams the rows that the model draws below them.

const UNITS = 304, MARGIN = 24, LAST = 255;  // QuickDraw's canvas: 0 … 255, with a margin of padding and half a line
const PEN = 16;  // width of the line, in the same units
const NEAR = 2;  // points nearer to each other than this say nothing
const $ = (id) => document.getElementById(id);
// By `getRandomValues`, because browsers have `randomUUID` only for this computer and https.
const client = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let model;
let picture = null;  // Uint8Array of brightness: a version of the model that the user goes on from
let strokes = [];  // [[xs, ys], …]
let hidden = null;  // Uint8Array, 1 for pixels of the brushed region
let history = [];  // states before each change, for undo
let lineWasMoved = false;
let results = [];  // Uint8Array of brightness of each version
let wanted = null;  // the wish that they answer
let drawing = null;  // AbortController of the request under way
let guessing = null;

// ---- bytes and texts

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const toBytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const forLink = (value) => btoa(unescape(encodeURIComponent(JSON.stringify(value)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const fromLink = (text) => JSON.parse(decodeURIComponent(escape(atob(text.replace(/-/g, "+").replace(/_/g, "/")))));

// ---- the sheet

const cells = () => Math.max(model.height, model.width);
const toCell = (unit) => ((unit + MARGIN) / UNITS) * cells();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function paint(canvas, bytes, bits = null) {
  // The levels as a picture, from paper to ink; surprising pixels in red.
  canvas.width = model.width;
  canvas.height = model.height;
  const context = canvas.getContext("2d"), [paper, ink] = [colour("--paper"), colour("--ink")].map(rgb);
  const image = context.createImageData(model.width, model.height);
  for (let i = 0; i < bytes.length; i++) {
    const red = bits ? Math.min(1, Math.max(0, bits[i]) / 8) : 0;
    for (let c = 0; c < 3; c++) {
      const plain = paper[c] + ((ink[c] - paper[c]) * bytes[i]) / 255;
      image.data[4 * i + c] = plain * (1 - red) + [230, 40, 30][c] * red;
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function rgb(text) {
  const hex = text.length === 4 ? text.replace(/[0-9a-f]/gi, "$&$&") : text;
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function showSheet() {
  const canvas = $("sheet"), context = canvas.getContext("2d");
  const scale = canvas.width / cells(), unit = canvas.width / UNITS;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = colour("--paper");
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (picture) {
    const below = document.createElement("canvas");
    paint(below, picture);
    context.imageSmoothingEnabled = false;
    context.drawImage(below, 0, 0, model.width * scale, model.height * scale);
  }
  context.strokeStyle = colour("--ink");
  context.lineWidth = PEN * unit;
  context.lineCap = context.lineJoin = "round";
  for (const [xs, ys] of strokes) {
    context.beginPath();
    xs.forEach((x, i) => context.lineTo((x + MARGIN) * unit, (ys[i] + MARGIN) * unit));
    if (xs.length === 1) context.lineTo((xs[0] + MARGIN) * unit, (ys[0] + MARGIN) * unit);
    context.stroke();
  }
  context.fillStyle = "rgba(225, 60, 205, .35)";
  if (hidden) hidden.forEach((on, i) => on && context.fillRect((i % model.width) * scale, Math.floor(i / model.width) * scale, scale, scale));
  else {
    const from = Number($("line").value) * scale;
    context.fillStyle = "rgba(225, 60, 205, .14)";
    context.fillRect(0, from, canvas.width, canvas.height - from);
    context.fillStyle = "rgb(205, 40, 185)";
    context.fillRect(0, from - 1, canvas.width, 2);
  }
  if (document.activeElement === canvas && keys.moved) {
    context.strokeStyle = colour("--main");
    context.lineWidth = 2;
    context.strokeRect((keys.x + MARGIN) * unit - 8, (keys.y + MARGIN) * unit - 8, 16, 16);
  }
}

function placeLine() {
  // By default the model goes on in the row of the lowest point, because a round end below it would end the stroke.
  if (!lineWasMoved) {
    const lowest = Math.max(...strokes.map(([, ys]) => Math.max(...ys)), -1);
    const ofStrokes = lowest < 0 ? 0 : Math.min(model.height, Math.floor(toCell(lowest)));
    const ofPicture = picture ? Math.floor(picture.findLastIndex((byte) => byte > 20) / model.width) + 1 : 0;
    $("line").value = picture && !strokes.length ? Math.min(ofPicture, model.height) : ofStrokes;
  }
  $("line-value").value = $("line").value;
}

function remember() {
  history.push({ picture, strokes: strokes.map(([xs, ys]) => [[...xs], [...ys]]), hidden: hidden && hidden.slice(), line: $("line").value, lineWasMoved });
  if (history.length > 200) history.shift();
}

function changed() {
  placeLine();
  showSheet();
  guess();
}

function pointAt(event) {
  const box = $("sheet").getBoundingClientRect();
  const within = (value) => Math.min(LAST, Math.max(0, Math.round(value * UNITS - MARGIN)));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

function addPoint(x, y) {
  const [xs, ys] = strokes[strokes.length - 1];
  if (!xs.length || Math.hypot(x - xs[xs.length - 1], y - ys[ys.length - 1]) >= NEAR) { xs.push(x); ys.push(y); }
}

function brush(x, y) {
  hidden ??= new Uint8Array(model.height * model.width);
  const [column, row] = [toCell(x), toCell(y)];
  for (let r = 0; r < model.height; r++) for (let c = 0; c < model.width; c++)
    if (Math.hypot(c + 0.5 - column, r + 0.5 - row) < cells() / 14) hidden[r * model.width + c] = 1;
}

const tool = () => document.querySelector("input[name=tool]:checked").value;

function press(event) {
  if (event.button) return;
  $("sheet").setPointerCapture(event.pointerId);
  remember();
  keys.moved = false;
  if (tool() === "pen") strokes.push([[], []]);
  move(event);
}

function move(event) {
  if (!$("sheet").hasPointerCapture(event.pointerId)) return;
  for (const one of event.getCoalescedEvents?.().concat(event) ?? [event])
    tool() === "pen" ? addPoint(...pointAt(one)) : brush(...pointAt(one));
  showSheet();
}

// Keys: a pen that arrows move, for those who do not point.
const keys = { x: 128, y: 40, down: false, moved: false };

function key(event) {
  const step = event.shiftKey ? 3 : 12, [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (dx || dy) {
    keys.x = Math.min(LAST, Math.max(0, keys.x + dx * step));
    keys.y = Math.min(LAST, Math.max(0, keys.y + dy * step));
    keys.moved = true;
    if (keys.down) tool() === "pen" ? addPoint(keys.x, keys.y) : brush(keys.x, keys.y);
    keys.down ? changed() : showSheet();
    say(`Pen at ${keys.x}, ${keys.y} of ${LAST}, ${keys.down ? "down" : "up"}.`);
  } else if (event.key === " ") {
    keys.down = !keys.down;
    keys.moved = true;
    if (keys.down) { remember(); if (tool() === "pen") strokes.push([[], []]), addPoint(keys.x, keys.y); else brush(keys.x, keys.y); }
    changed();
    say(`Pen ${keys.down ? "down" : "up"}.`);
  } else if (event.key.toLowerCase() === "u") undo();
  else if (event.key === "Enter") goOn();
  else return;
  event.preventDefault();
}

function undo() {
  const last = history.pop();
  if (!last) return say("There is nothing to undo.");
  ({ picture, strokes, hidden, lineWasMoved } = last);
  keys.down = false;
  $("line").value = last.line;
  changed();
}

// ---- the server

function say(text, isError = false) {
  $("status").textContent = text;
  $("status").classList.toggle("error", isError);
}

async function* lines(path, message, signal) {
  // The lines of JSON of an answer, as they arrive.
  const answer = await fetch(path, {
    method: "POST", signal, body: JSON.stringify(message), headers: { "Content-Type": "application/json", "X-Client": client },
  });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `the server answers ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "", part = await reader.read(); !part.done; part = await reader.read()) {
    const whole = (text + part.value).split("\n");
    text = whole.pop();
    for (const line of whole) {
      const value = JSON.parse(line);
      if (value.error) throw new Error(value.error);
      yield value;
    }
  }
}

const drawn = () => ({ strokes, ...(picture && { picture: toText(picture) }) });
const label = () => (model.classes ? Number($("label").value) : null);
const region = () => (hidden ? { hidden: hidden.join("") } : { from_row: Number($("line").value) });

async function goOn() {
  drawing?.abort();
  const mine = (drawing = new AbortController());
  const wish = {
    ...drawn(), ...region(), label: label(), versions: Number($("versions").value), seed: Number($("seed").value),
    temperature: Number($("temperature").value), guidance: Number($("guidance").value),
  };
  wanted = wish;
  link(wish);
  say("Drawing …");
  $("results").replaceChildren();
  results = [];
  try {
    for await (const line of lines("api/draw", wish, mine.signal)) {
      if (line.images) showVersions(line.images.map(toBytes));
      if (line.done) say(`${results.length} version${results.length > 1 ? "s" : ""}, seed ${wish.seed}.`);
    }
    if ($("surprise").checked) showSurprise();
  } catch (error) {
    if (error.name !== "AbortError") say(`The model cannot go on: ${error.message}`, true);
  }
}

function showVersions(images) {
  results = images;
  for (let k = $("results").children.length; k < images.length; k++) $("results").append(version(k));
  images.forEach((bytes, k) => paint($("results").children[k].querySelector("canvas"), bytes));
}

function version(k) {
  const figure = document.createElement("figure"), canvas = document.createElement("canvas"), caption = document.createElement("figcaption");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `Version ${k + 1}`);
  for (const [name, title, act] of [["Go on from it", `Go on from version ${k + 1}`, () => adopt(k)], ["PNG", `Download version ${k + 1} as PNG`, () => download(k)]]) {
    const button = document.createElement("button");
    button.textContent = name;
    button.setAttribute("aria-label", title);
    button.addEventListener("click", act);
    caption.append(button);
  }
  figure.append(canvas, caption);
  return figure;
}

function adopt(k) {
  remember();
  [picture, strokes, hidden, lineWasMoved] = [results[k], [], null, false];
  changed();
  say(`Version ${k + 1} is on the sheet: draw on it, or brush a region to draw anew.`);
}

function download(k) {
  const scale = 16, canvas = document.createElement("canvas"), small = document.createElement("canvas");
  paint(small, results[k]);
  [canvas.width, canvas.height] = [model.width * scale, model.height * scale];
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
  const anchor = document.createElement("a");
  anchor.href = canvas.toDataURL("image/png");
  anchor.download = `${model.classes ? model.classes[wanted.label] : "drawing"}-${wanted.seed}-${k + 1}.png`;
  anchor.click();
}

async function showSurprise() {
  const { label } = wanted ?? {};
  for (const [k, bytes] of [...results].entries()) {
    if (results[k] !== bytes) return;  // the user goes on meanwhile
    const canvas = $("results").children[k].querySelector("canvas");
    if (!$("surprise").checked) { paint(canvas, bytes); continue; }
    try {
      for await (const line of lines("api/surprise", { picture: toText(bytes), label }))
        if (line.bits && results[k] === bytes) paint(canvas, bytes, line.bits.flat());
    } catch (error) { return say(`No surprise: ${error.message}`, true); }
  }
}

async function guess() {
  // p(class | drawing) while the user draws: at most one request at a time.
  if (guessing) { guessing.again = true; return; }
  guessing = {};
  $("guesses").setAttribute("aria-busy", "true");
  try {
    const message = { ...drawn(), from_row: hidden ? model.height : Number($("line").value) };
    if (model.classes) for await (const line of lines("api/classes", message)) {
      if (line.picture) paint($("seen"), toBytes(line.picture));
      if (line.log_probs) showBars(line.log_probs.map(Math.exp));
    }
  } catch { showBars(null); /* the next stroke asks again */ }
  const again = guessing.again;
  guessing = null;
  if (again) guess();
  else $("guesses").setAttribute("aria-busy", "false");
}

function showBars(probabilities) {
  // Without an answer the bars are empty, because those of an earlier drawing would be taken for guesses at this one.
  [...$("bars").children].forEach((item, k) => {
    item.querySelector("progress").value = probabilities?.[k] ?? 0;
    item.querySelector("span:last-child").textContent = probabilities ? `${Math.round(100 * probabilities[k])} %` : "";
  });
}

// ---- a link that holds the drawing

function link(wish) {
  const { hidden: _, ...rest } = wish;
  const text = forLink({ ...rest, ...(hidden && { hidden: wish.hidden }), class: model.classes?.[label()] });
  window.history.replaceState(null, "", `#${text}`);
  $("link").href = `#${text}`;
}

function restore() {
  if (location.hash.length < 2) return;
  try {
    const wish = fromLink(location.hash.slice(1));
    strokes = Array.isArray(wish.strokes) ? wish.strokes : [];
    picture = wish.picture ? toBytes(wish.picture) : null;
    if (picture && picture.length !== model.height * model.width) throw new Error("another model's picture");
    hidden = wish.hidden ? Uint8Array.from(wish.hidden, Number) : null;
    if (model.classes?.includes(wish.class)) chooseClass(model.classes.indexOf(wish.class));
    for (const name of ["versions", "seed", "temperature", "guidance"]) if (wish[name] !== undefined) $(name).value = wish[name];
    if (wish.from_row !== undefined) [$("line").value, lineWasMoved] = [wish.from_row, true];
    showSliders();
    changed();
    goOn();
  } catch (error) {
    [strokes, picture, hidden] = [[], null, null];
    say(`The link does not fit this model: ${error.message}`, true);
  }
}

// ---- start

function chooseClass(k) {
  $("label").value = k;
  [...$("bars").children].forEach((item, i) => item.firstChild.setAttribute("aria-pressed", i === Number(k)));
}

const SLIDERS = ["temperature", "guidance"];

function showSliders() {
  for (const name of SLIDERS) document.querySelector(`output[for=${name}]`).value = Number(Number($(name).value).toFixed(2));
}

function setUp() {
  $("title").textContent = model.title;
  $("line").max = model.height;
  $("versions").max = $("versions").value = model.versions;
  [$("temperature").min, $("temperature").max] = model.temperatures;
  $("guidance").max = model.most_guidance;
  $("guidance").value = model.guidance;
  $("guidance-row").hidden = !model.most_guidance;
  for (const name of SLIDERS) $(name).addEventListener("input", showSliders);
  showSliders();
  if (!model.classes) return;
  $("class-row").hidden = $("guesses").hidden = false;
  model.classes.forEach((name, k) => {
    $("label").append(new Option(name, k));
    const item = document.createElement("li"), button = document.createElement("button"), bar = document.createElement("progress");
    const texts = [name, ""].map((text) => Object.assign(document.createElement("span"), { textContent: text }));
    bar.setAttribute("aria-label", `probability of ${name}`);
    bar.value = 1 / model.classes.length;
    button.append(texts[0], bar, texts[1]);
    button.addEventListener("click", () => chooseClass(k));
    item.append(button);
    $("bars").append(item);
  });
  chooseClass(0);
}

try {
  model = await (await fetch("api/model")).json();
  setUp();
  const sheet = $("sheet");
  sheet.addEventListener("pointerdown", press);
  sheet.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) sheet.addEventListener(name, changed);
  sheet.addEventListener("keydown", key);
  sheet.addEventListener("blur", () => { keys.down = false; showSheet(); });
  $("line").addEventListener("input", () => { lineWasMoved = true; hidden = null; changed(); });
  $("label").addEventListener("change", () => chooseClass($("label").value));
  $("go").addEventListener("click", goOn);
  $("undo").addEventListener("click", undo);
  $("clear").addEventListener("click", () => { remember(); [picture, strokes, hidden, lineWasMoved] = [null, [], null, false]; changed(); say("The sheet is empty."); });
  $("next-seed").addEventListener("click", () => { $("seed").value = Number($("seed").value) + 1; goOn(); });
  $("surprise").addEventListener("change", showSurprise);
  window.addEventListener("hashchange", restore);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { showSheet(); results.forEach((bytes, k) => paint($("results").children[k].querySelector("canvas"), bytes)); });
  changed();
  restore();
} catch (error) {
  say(`The server does not answer: ${error.message}`, true);
}

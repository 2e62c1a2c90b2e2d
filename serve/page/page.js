import { t, names, setLanguage, language } from "/words.js";
import { startRecording } from "/recorder.js";

const $ = (id) => document.getElementById(id);

// el makes an element: el("p", {class: "note"}, "text", child, …).
function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") e.toggleAttribute(name, value);
    else if (value !== undefined) e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

let form = null; // what the server told of the model
let state = {}; // by column: {value, file, use}
let last = null; // the last answer
let pinned = null;
let asked = 0;

const percent = (p) => (100 * p).toLocaleString(language(), { maximumFractionDigits: p < 0.1 || p > 0.999 ? 1 : 0 }) + " %";
const amount = (x) => x.toLocaleString(language(), { maximumSignificantDigits: 4 });

// The fields of the table are one modality, each with its own value.
function columns() { return form.columns; }
function fieldsOf(c) { return c.kind === "table" ? c.fields : [{ name: c.name, kind: c.kind }]; }

function entry(name) { return (state[name] ??= { value: "", file: null, use: true }); }

// ---- cards

function card(c) {
  const id = "c-" + columns().indexOf(c);
  const own = entry("\u0000" + c.name); // whether the column is used
  const box = el("fieldset", { class: "card", id });
  const use = el("input", { type: "checkbox", id: id + "-use", checked: own.use, onchange: () => {
    own.use = use.checked;
    box.classList.toggle("off", !own.use);
    ask(0);
  } });
  box.classList.toggle("off", !own.use);
  box.append(el("legend", {}, el("span", {}, c.kind === "table" ? t("table") : c.name, c.kind === "table" ? null : el("span", { class: "kind" }, t(c.kind))),
    el("label", { class: "use", for: id + "-use" }, use, " " + t("use"))));
  if (c.kind === "table") {
    box.append(el("div", { class: "fields" }, ...c.fields.map((f, i) => el("label", { for: `${id}-${i}` }, f.name, el("span", { class: "kind" }, t(f.kind)), field(f, `${id}-${i}`)))));
  } else if (c.kind === "text") {
    const area = el("textarea", { id: id + "-v", "aria-label": c.name, oninput: () => { entry(c.name).value = area.value; ask(); } });
    area.value = entry(c.name).value;
    box.append(area);
  } else if (c.kind === "vector") {
    box.append(vector(c, id));
  } else {
    box.append(medium(c, id));
  }
  return box;
}

function field(f, id) {
  const e = entry(f.name);
  let input;
  const levels = form.levels[f.name];
  if (f.kind === "boolean") {
    input = el("select", { id }, el("option", { value: "" }, t("unset")), el("option", { value: "true" }, t("yes")), el("option", { value: "false" }, t("no")));
  } else if (f.kind === "category" && levels && levels.length <= 30) {
    input = el("select", { id }, el("option", { value: "" }, t("unset")), ...levels.map((l) => el("option", { value: l }, l)));
  } else {
    input = el("input", { id, type: f.kind === "number" ? "number" : f.kind === "date" ? "date" : "text", step: f.kind === "number" ? "any" : undefined });
  }
  input.value = e.value;
  input.addEventListener("input", () => { e.value = input.value; ask(); });
  return input;
}

function vector(c, id) {
  const e = entry(c.name);
  const error = el("p", { class: "hint error", id: id + "-e", hidden: true }, t("badVector"));
  const area = el("textarea", { class: "vector", id: id + "-v", "aria-label": c.name, "aria-describedby": id + "-e", oninput: () => {
    e.value = area.value;
    error.hidden = e.value.trim() === "" || isVector(e.value);
    area.setAttribute("aria-invalid", String(!error.hidden));
    if (error.hidden) ask();
  } });
  area.value = e.value;
  return el("div", {}, area, el("p", { class: "hint" }, t("vectorHint", { n: c.dim || "" })), error);
}

function isVector(text) {
  try { const v = JSON.parse(text); return Array.isArray(v) && v.every((x) => typeof x === "number"); } catch { return false; }
}

const accepts = { image: "image/*", audio: "audio/*", video: "video/*" };

// medium is the card of a picture, a sound or a video: choose, drop, paste, take or record it.
function medium(c, id) {
  const e = entry(c.name);
  const show = el("div", {});
  const note = el("p", { class: "hint", role: "status" }, t("drop"));
  const set = (file) => {
    if (file && file.size > form.max_body) { note.textContent = t("tooLarge", { x: file.name }); note.classList.add("error"); return; }
    note.classList.remove("error");
    note.textContent = t("drop");
    e.file = file;
    preview();
    ask(0);
  };
  const input = el("input", { type: "file", id: id + "-f", accept: accepts[c.kind], hidden: true, onchange: () => { set(input.files[0]); input.value = ""; } });
  const buttons = el("div", { class: "row" }, el("button", { type: "button", onclick: () => input.click() }, t("choose")));
  if (c.kind === "image" && matchMedia("(pointer: coarse)").matches) {
    const shot = el("input", { type: "file", accept: "image/*", capture: "environment", hidden: true, onchange: () => set(shot.files[0]) });
    buttons.append(el("button", { type: "button", onclick: () => shot.click() }, t("camera")), shot);
  }
  if (c.kind === "audio") buttons.append(recordButton(set, note));
  const remove = el("button", { type: "button", onclick: () => set(null) }, t("clear"));
  buttons.append(remove);
  function preview() {
    for (const old of show.querySelectorAll("[src]")) URL.revokeObjectURL(old.src);
    show.replaceChildren();
    remove.hidden = !e.file;
    if (!e.file) return;
    const src = URL.createObjectURL(e.file);
    const tag = { image: "img", audio: "audio", video: "video" }[c.kind];
    show.append(el(tag, c.kind === "image" ? { src, alt: e.file.name } : { src, controls: true, "aria-label": e.file.name }));
    if (c.kind === "image") show.firstChild.addEventListener("error", () => show.replaceChildren(el("p", {}, e.file.name)));
  }
  preview();
  const zone = el("div", { class: "drop", tabindex: "0", "aria-label": c.name,
    ondragover: (ev) => { ev.preventDefault(); zone.classList.add("over"); },
    ondragleave: () => zone.classList.remove("over"),
    ondrop: (ev) => { ev.preventDefault(); zone.classList.remove("over"); if (ev.dataTransfer.files[0]) set(ev.dataTransfer.files[0]); },
    onpaste: (ev) => { const file = ev.clipboardData.files[0]; if (file) { ev.preventDefault(); set(file); } },
  }, show, buttons, note, input);
  return zone;
}

function recordButton(set, note) {
  const meter = el("meter", { min: "0", max: "1", value: "0", "aria-label": t("level"), hidden: true });
  let stop = null;
  const button = el("button", { type: "button", onclick: async () => {
    if (stop) {
      const end = stop;
      stop = null;
      button.textContent = t("record");
      meter.hidden = true;
      set(await end());
      return;
    }
    if (!window.isSecureContext) { note.textContent = t("insecure"); return; }
    try {
      stop = await startRecording((level) => { meter.value = level; });
      button.textContent = t("stop");
      meter.hidden = false;
    } catch (error) {
      note.textContent = t("nomic", { x: error.message });
    }
  } }, t("record"));
  if (!window.isSecureContext) note.textContent = t("insecure");
  return el("span", { class: "row" }, button, meter);
}

// ---- the request

// used lists the members of the row as it stands.
function used() {
  const out = [];
  for (const c of columns()) {
    if (!entry("\u0000" + c.name).use) continue;
    for (const f of fieldsOf(c)) {
      const e = entry(f.name);
      if (e.file) out.push([f.name, e.file]);
      else if (e.value.trim() !== "" && (c.kind !== "vector" || isVector(e.value))) out.push([f.name, e.value]);
    }
  }
  return out;
}

let timer = 0;
function ask(delay = 300) {
  clearTimeout(timer);
  timer = setTimeout(send, delay);
}

async function send() {
  const number = ++asked;
  const body = new FormData();
  const members = used();
  for (const [name, value] of members) body.append(name, value);
  if (members.length === 0) body.append(fieldsOf(columns()[0])[0].name, "");
  let url = `/v1/models/${encodeURIComponent(form.name)}/predict?top=5&explain=modalities`;
  if (form.coverage) url += "&coverage=0.9";
  $("answer").setAttribute("aria-busy", "true");
  let result;
  try {
    const response = await fetch(url, { method: "POST", body });
    result = await response.json();
    if (!response.ok) result = { error: t("failed", { x: result.detail || result.title }) };
  } catch {
    result = { error: t("lost") };
  }
  if (number !== asked) return; // a later question is on its way
  $("answer").setAttribute("aria-busy", "false");
  last = result;
  show();
}

// ---- the answer

function sentence(p) {
  if ("value" in p) return amount(p.value);
  if (!Array.isArray(p.prediction)) return t("certain", { a: p.prediction, p: percent(p.probabilities[p.prediction]) });
  return p.prediction.length ? p.prediction.map((a) => t("certain", { a, p: percent(p.probabilities[a]) })).join(t("and")) : t("noLabel");
}

// called names an answer: a class, or the labels of a list.
function called(answer) {
  if (!Array.isArray(answer)) return answer;
  return answer.length ? names(answer) : t("noLabel");
}

function show() {
  const box = $("answer");
  if (!last || last.error) {
    box.replaceChildren(el("p", { class: last ? "error" : "note" }, last ? last.error : t("fill")));
    return;
  }
  const p = last.predictions[0];
  box.replaceChildren(el("p", { class: "verdict" }, el("strong", {}, sentence(p))), ...remarks(p), ...details(p),
    el("p", { class: "row" }, el("button", { type: "button", onclick: () => { pinned = { p, what: names(used().map(([n]) => n)) }; showPinned(); } }, t("pin"))));
}

// remarks tell what the answer had to do without.
function remarks(p) {
  const flagged = (kind) => p.flags.filter((f) => f.startsWith(kind + ":")).map((f) => f.slice(kind.length + 1));
  const out = [];
  const absent = new Set([...flagged("absent"), ...flagged("unreadable")]);
  const there = columns().map((c) => c.name).filter((n) => !absent.has(n)).map((n) => (n === "table" ? t("table") : n));
  if (p.flags.includes("prior")) out.push(el("p", { class: "note" }, t("none")));
  else if (absent.size > 0) out.push(el("p", { class: "note" }, t("little", { x: names(there) })));
  if (flagged("unreadable").length) out.push(el("p", { class: "note error" }, t("unread", { x: names(flagged("unreadable")) })));
  if (flagged("partial").length) out.push(el("p", { class: "note" }, t("partial", { x: names(flagged("partial")) })));
  for (const problem of last.problems ?? []) out.push(el("p", { class: "note" }, (problem.column ? problem.column + ": " : "") + problem.what));
  return out;
}

function details(p) {
  const out = [];
  if (p.probabilities) {
    const rows = Object.entries(p.probabilities).sort((a, b) => b[1] - a[1]);
    out.push(el("h3", {}, t("top")), bars(rows.map(([name, x]) => [name, x, percent(x)]), false));
  }
  if (p.set) out.push(el("p", { class: "note" }, t("set", { c: "90 %", x: names(p.set) })));
  const e = p.explanation;
  if (!e) return out;
  const label = (m) => (m === "table" ? t("table") : m);
  const parts = Object.entries(e.contributions).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  if (parts.length > 1) {
    out.push(el("h3", {}, t("decided")), el("p", { class: "hint" }, p.probabilities ? t("points", { a: called(p.prediction) }) : t("amounts")));
    out.push(bars(parts.map(([m, x]) => [label(m), x, (x > 0 ? "+" : "") + (p.probabilities ? (100 * x).toFixed(1) : amount(x))]), true));
    out.push(el("h3", {}, t("without")), el("ul", { class: "plain" }, ...e.without.map((w) => {
      const flips = p.probabilities && called(w.prediction) !== called(p.prediction);
      const answer = p.probabilities ? t("certain", { a: called(w.prediction), p: percent(w.probability) }) : amount(w.value);
      return el("li", {}, t("withoutRow", { m: label(w.modality), a: answer }), flips ? el("span", { class: "flip" }, "  ⇄ " + t("flips")) : null);
    })));
  }
  return out;
}

// bars draws [name, size, text] rows; of both signs from the middle.
function bars(rows, signed) {
  const most = Math.max(...rows.map((r) => Math.abs(r[1])), signed ? 1e-9 : 1);
  return el("table", { class: "bars" }, el("tbody", {}, ...rows.map(([name, x, text]) => {
    const width = (Math.abs(x) / most) * (signed ? 50 : 100);
    const fill = el("span", { class: x < 0 ? "fill minus" : "fill" });
    fill.style.width = width + "%";
    fill.style.left = signed ? (x < 0 ? 50 - width : 50) + "%" : "0";
    const zero = signed ? el("span", { class: "zero" }) : null;
    if (zero) zero.style.left = "50%";
    return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, el("div", { class: "track" }, fill, zero)), el("td", { class: "n" }, text));
  })));
}

function showPinned() {
  const box = $("pinned");
  box.hidden = !pinned;
  if (!pinned) return;
  const { p, what } = pinned;
  box.replaceChildren(el("h2", {}, t("pinned")), el("p", { class: "verdict" }, sentence(p)), el("p", { class: "note" }, what),
    el("p", { class: "row" }, el("button", { type: "button", onclick: () => { pinned = null; showPinned(); } }, t("unpin"))));
}

// ---- code

function code(kind) {
  const url = `${location.origin}/v1/models/${encodeURIComponent(form.name)}/predict`;
  const members = used();
  const files = members.filter(([, v]) => v instanceof File);
  const rest = members.filter(([, v]) => !(v instanceof File));
  const value = (name, v) => (columns().some((c) => c.name === name && c.kind === "vector") ? JSON.parse(v) : v);
  const row = Object.fromEntries(rest.map(([n, v]) => [n, value(n, v)]));
  const shell = (s) => "'" + s.replaceAll("'", "'\\''") + "'";
  const q = JSON.stringify;
  if (kind === "curl") {
    if (files.length) return `curl ${shell(url)}` + rest.map(([n, v]) => ` \\\n  --form-string ${shell(n + "=" + v)}`).join("") + files.map(([n, f]) => ` \\\n  -F ${shell(n + "=@" + f.name)}`).join("");
    return `curl ${shell(url)} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(q(row))}`;
  }
  if (kind === "python") {
    const lines = ["import base64, json, urllib.request", "", `row = json.loads(${q(q(row))})`];
    for (const [n, f] of files) lines.push(`row[${q(n)}] = {"$base64": base64.b64encode(open(${q(f.name)}, "rb").read()).decode()}`);
    lines.push(`request = urllib.request.Request(${q(url)}, json.dumps(row).encode(), {"Content-Type": "application/json"})`, `print(json.load(urllib.request.urlopen(request))["predictions"][0])`);
    return lines.join("\n");
  }
  const read = files.flatMap(([n, f]) => [`\tif data, err = os.ReadFile(${q(f.name)}); err != nil {`, "\t\tlog.Fatal(err)", "\t}", `\trow[${q(n)}] = map[string]any{"$base64": data} // []byte becomes Base64`]);
  return ["package main", "", "import (", ...(files.length ? ['\t"os"'] : []), '\t"bytes"', '\t"encoding/json"', '\t"fmt"', '\t"io"', '\t"log"', '\t"net/http"', ")", "", "func main() {",
    "\tvar row map[string]any", "\tvar data []byte", `\terr := json.Unmarshal([]byte(${q(q(row))}), &row)`, "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}", ...read,
    "\tif data, err = json.Marshal(row); err != nil {", "\t\tlog.Fatal(err)", "\t}", `\tresp, err := http.Post(${q(url)}, "application/json", bytes.NewReader(data))`, "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}",
    "\tdefer resp.Body.Close()", "\tanswer, err := io.ReadAll(resp.Body)", "\tif err != nil {", "\t\tlog.Fatal(err)", "\t}", "\tfmt.Println(string(answer))", "}"].join("\n");
}

for (const button of document.querySelectorAll("[data-code]")) {
  button.addEventListener("click", async () => {
    const text = code(button.dataset.code);
    $("code").querySelector("pre").textContent = text;
    try { await navigator.clipboard.writeText(text); } catch { /* it can be selected */ }
  });
}

// ---- examples

function showExamples() {
  const box = $("examples");
  box.hidden = false;
  box.replaceChildren(form.examples.length ? t("examples") : "", ...form.examples.map((row, i) => el("button", { type: "button", onclick: () => fill(row) }, title(row, i))),
    el("button", { type: "button", onclick: () => fill({}) }, t("reset")));
}

function title(row, i) {
  const text = columns().filter((c) => c.kind === "text").map((c) => row[c.name]).find((x) => typeof x === "string");
  return text ? (text.length > 24 ? text.slice(0, 23) + "…" : text) : String(i + 1);
}

async function fill(row) {
  state = {};
  for (const [name, value] of Object.entries(row)) {
    const e = entry(name);
    if (value && value.href) {
      const response = await fetch(value.href);
      if (response.ok) e.file = new File([await response.blob()], name);
    } else e.value = typeof value === "string" ? value : JSON.stringify(value);
  }
  draw();
  ask(0);
}

// ---- the five methods

const demo = { m1: [[1, 2, 3], [4, 5, 6]], m2: [[7, 8, 9], [10, 11, 12]], weights: [0.3, 0.7] };
const methods = [
  { name: "mean", formula: "z = (x₁ + x₂) / 2" },
  { name: "weighted", formula: "z = w₁·x₁ + w₂·x₂", weights: true },
  { name: "concat", formula: "z = [x₁ ; x₂]" },
  { name: "attention", formula: "aₖ = softmaxₖ(v·tanh(W xₖ + b)),  z = Σ aₖ·xₖ" },
  { name: "bilstm", formula: "zₜ = [LSTM→(x₁ … xₜ) ; LSTM←(xₜ … x_T)]", hidden: 3 },
];

function matrix(rows, name, edit) {
  // Many columns in a card: narrower, and with a digit less.
  const many = rows[0].length > 3;
  const box = el("div", { class: "matrix scroll" + (many ? " many" : ""), role: "group", "aria-label": name });
  box.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
  rows.forEach((row, i) => row.forEach((x, j) => {
    if (!edit) { box.append(el("span", {}, x === null ? "–" : String(+x.toFixed(many ? 3 : 4)).replace("-", "−"))); return; }
    const input = el("input", { type: "number", step: "any", value: String(x), "aria-label": `${name} ${i + 1}, ${j + 1}`, oninput: () => { rows[i][j] = Number(input.value) || 0; computeAll(); } });
    box.append(input);
  }));
  return box;
}

function drawMethods() {
  const weights = matrix([demo.weights], t("weightsOf"), true);
  $("panel-methods").replaceChildren(el("p", {}, t("intro")),
    el("div", { class: "card" }, el("h2", {}, t("m1") + " x₁"), matrix(demo.m1, t("m1"), true), el("h2", {}, t("m2") + " x₂"), matrix(demo.m2, t("m2"), true), el("h2", {}, t("weightsOf") + " w"), weights),
    el("div", { class: "methods" }, ...methods.map((m) => el("section", { class: "card", id: "method-" + m.name }, el("h2", {}, t(m.name)), el("p", { class: "formula" }, m.formula), el("p", { class: "note" }, t(m.name + "Says")), el("div", { "aria-live": "polite" })))));
  computeAll();
}

let computing = 0;
function computeAll() {
  clearTimeout(computing);
  computing = setTimeout(() => methods.forEach(compute), 150);
}

async function compute(m) {
  const out = $("method-" + m.name).lastElementChild;
  try {
    const response = await fetch("/v1/fuse", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ method: m.name, matrices: [demo.m1, demo.m2], weights: m.weights ? demo.weights : undefined, hidden: m.hidden }) });
    const result = await response.json();
    if (!response.ok) { out.replaceChildren(el("p", { class: "error" }, result.detail)); return; }
    out.replaceChildren(el("h3", {}, t("result") + " z"), matrix(result.output, t("result"), false));
    if (result.weights) out.append(el("h3", {}, t("rowWeights")), matrix(result.weights, t("rowWeights"), false));
  } catch {
    out.replaceChildren(el("p", { class: "error" }, t("lost")));
  }
}

// ---- the frame

function draw() {
  document.documentElement.lang = language();
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  $("language").textContent = t("other");
  $("language").lang = language() === "en" ? "zh-CN" : "en";
  if (!form) return;
  document.title = form.name + " – fusor";
  $("reports").hidden = !form.reports;
  $("form").replaceChildren(...columns().map(card));
  showExamples();
  show();
  showPinned();
}

async function open(name) {
  const response = await fetch(`/v1/models/${encodeURIComponent(name)}/form`);
  form = await response.json();
  state = {};
  last = pinned = null;
  draw();
}

const tabs = [...document.querySelectorAll("[role=tab]")];
function select(tab) {
  for (const other of tabs) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = !on;
  }
}
for (const tab of tabs) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const next = tabs[(tabs.indexOf(tab) + 1) % tabs.length];
    select(next);
    next.focus();
  });
}
$("form").addEventListener("submit", (event) => { event.preventDefault(); ask(0); });
$("language").addEventListener("click", () => {
  setLanguage(language() === "en" ? "zh" : "en");
  try { localStorage.setItem("language", language()); } catch { /* it is asked again */ }
  draw();
  drawMethods();
});

let chosen = navigator.language;
try { chosen = localStorage.getItem("language") ?? chosen; } catch { /* no storage */ }
setLanguage(chosen);
draw();
drawMethods();
try {
  const { models } = await (await fetch("/v1/models")).json();
  const pick = $("model");
  pick.replaceChildren(...models.map((m) => el("option", { value: m.name }, m.name)));
  pick.parentElement.hidden = models.length < 2;
  pick.addEventListener("change", () => open(pick.value));
  if (models.length) await open(models[0].name);
} catch {
  last = { error: t("lost") };
  show();
}

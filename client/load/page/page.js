"use strict";
const run = JSON.parse(document.getElementById("document").textContent);
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["--a", "--b", "--c", "--d", "--e", "--f"].map((name) => `var(${name})`);

const at = (id) => document.getElementById(id);
const number = (value) => value === null || value === undefined ? "–"
  : Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(2) : value.toFixed(3);

const tick = (value) => String(+value.toPrecision(3));
const called = (answer) => answer.number >= 2 ** 40 ? `frame ${answer.number % 2 ** 40}` : `#${answer.number}`;

function element(name, attributes, parent, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

function table(place, head, rows) {
  if (rows.length === 0) { at(place).closest("section").hidden = true; return; }
  const made = document.createElement("table");
  for (const [cells, kind] of [[head, "th"], ...rows.map((row) => [row, "td"])]) {
    const line = made.insertRow();
    for (const cell of cells) {
      const box = document.createElement(kind);
      box.textContent = typeof cell === "number" ? number(cell) : cell;
      line.appendChild(box);
    }
  }
  at(place).appendChild(made);
}

function legend(place, names, colours) {
  const made = document.createElement("div");
  made.className = "legend";
  names.forEach((name, i) => {
    const mark = document.createElement("i");
    mark.style.background = colours[i];
    made.append(mark, name);
  });
  at(place).appendChild(made);
}

// Round steps for an axis from least to most; powers of ten for a logarithmic one.
function ticks(least, most, log) {
  const list = [];
  if (log) {
    for (let power = Math.ceil(Math.log10(least)); power <= Math.log10(most); ++power) list.push(10 ** power);
    return list.length > 1 ? list : [least, most];
  }
  const rough = (most - least) / 5 || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough);
  for (let value = Math.ceil(least / step) * step; value <= most + step / 1e6; value += step) list.push(value);
  return list;
}

// An empty plot: the two axes, and what turns values into places.
function plot(place, { width = 1040, height = 230, x, y, xText = tick, yText = tick, xTicks, unit }) {
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" }, at(place));
  const left = 52, right = width - 26, top = 14, bottom = height - 24;
  const scale = (axis, from, to) => {
    const turn = axis.log ? Math.log10 : (value) => value;
    const low = turn(axis.least), span = turn(axis.most) - low || 1;
    return (value) => from + (turn(Math.max(value, axis.log ? axis.least : value)) - low) / span * (to - from);
  };
  const px = scale(x, left, right), py = scale(y, bottom, top);
  for (const value of ticks(y.least, y.most, y.log)) {
    element("line", { x1: left, x2: right, y1: py(value), y2: py(value), class: "grid" }, svg);
    element("text", { x: left - 6, y: py(value) + 4, "text-anchor": "end" }, svg, yText(value));
  }
  for (const value of xTicks || ticks(x.least, x.most, x.log)) {
    element("text", { x: px(value), y: bottom + 16, "text-anchor": "middle" }, svg, xText(value));
  }
  element("text", { x: 4, y: 10 }, svg, unit);
  return { svg, px, py, left, right, top, bottom };
}

function line(frame, points, colour) {
  let path = "", down = false;
  for (const [x, y] of points) {
    if (y === null) { down = false; continue; }
    path += `${down ? "L" : "M"}${frame.px(x).toFixed(1)} ${frame.py(y).toFixed(1)}`;
    down = true;
  }
  element("path", { d: path, fill: "none", stroke: colour, "stroke-width": 1.8, "stroke-linejoin": "round" }, frame.svg);
}

function events(frame) {
  for (const event of run.events) {
    const x = frame.px(event.at_s);
    if (x > frame.right) continue;
    const mark = element("line", { x1: x, x2: x, y1: frame.top, y2: frame.bottom, class: "event" }, frame.svg);
    element("title", {}, mark, `${event.name} at ${number(event.at_s)} s, ${number(event.took_ms)} ms`);
  }
}

function figures() {
  const loop = run.loop === "open" ? `open loop, ${run.arrivals}, ${number(run.offered_per_s)} requests/s offered`
    : `closed loop, ${run.in_flight} in flight`;
  at("head").textContent = `${run.server}: ${run.method}, ${loop}; ${run.requests} requests in ${number(run.seconds)} s, seed ${run.seed}`;
  const errors = Object.values(run.errors).reduce((sum, count) => sum + count, 0);
  const interval = (of) => `${number(of.low)} to ${number(of.high)}`;
  const known = run.stability.windows >= 5;
  const list = [
    ["ok/s", run.requests_per_s], ["goodput/s, in time", run.goodput_per_s],
    ["mean ms" + (known ? `, ${interval(run.stability.mean_ms)}` : ""), run.latency_ms.mean],
    ["p50 ms", run.latency_ms.p50],
    ["p99 ms" + (known ? `, ${interval(run.stability.p99_ms)}` : ""), run.latency_ms.p99],
    ["p99.9 ms", run.latency_ms.p99_9], ["max ms", run.latency_ms.max],
    ["errors, not sent", errors, errors > 0], ["client, cores", run.client_cores]];
  if (run.dropped > 0) list.push(["frames dropped", run.dropped]);
  if (run.checked > 0) list.push([`wrong of ${run.checked} checked`, run.wrong, run.wrong > 0]);
  for (const [name, value, bad] of list) {
    const box = document.createElement("div");
    if (bad) box.className = "bad";
    const figure = document.createElement("b"), label = document.createElement("span");
    figure.textContent = Number.isInteger(value) ? value : number(value);
    label.textContent = name;
    box.append(figure, label);
    at("figures").appendChild(box);
  }
}

function overTime() {
  const { width_s: width, windows } = run.over_time;
  const latencies = windows.flatMap((w) => [w.p50, w.max]).filter((value) => value !== null && value > 0);
  if (latencies.length === 0) { at("latency").closest("section").hidden = true; }
  const x = { least: 0, most: Math.max(width, windows.length * width) };
  const middle = (i) => (i + 0.5) * width;
  if (latencies.length > 0) {
    const least = Math.min(...latencies), most = Math.max(...latencies);
    const log = most > 20 * least;
    const names = ["p50", "p99", "max"];
    legend("latency", names, COLOURS);
    const frame = plot("latency", { x, y: { least: log ? least * 0.8 : 0, most: most * 1.05, log }, unit: "ms" });
    names.forEach((name, i) => line(frame, windows.map((w, k) => [middle(k), w[name]]), COLOURS[i]));
    events(frame);
  }
  const kinds = [["ok, in time", (w) => w.in_time, "--d"], ["ok, late or wrong", (w) => w.ok - w.in_time, "--b"],
    ["failed", (w) => w.failed, "--c"], ["dropped", (w) => w.dropped, "--e"], ["not sent", (w) => w.not_sent, "--f"]]
    .filter(([, count]) => windows.some((w) => count(w) > 0));
  const sum = (w) => kinds.reduce((total, [, count]) => total + count(w), 0);
  const most = Math.max(1, ...windows.map(sum)) / width;
  legend("outcomes", kinds.map(([name]) => name), kinds.map(([, , colour]) => `var(${colour})`));
  const frame = plot("outcomes", { height: 190, x, y: { least: 0, most: most * 1.05 }, unit: "per second" });
  windows.forEach((w, k) => {
    let below = 0;
    for (const [, count, colour] of kinds) {
      const value = count(w) / width;
      if (value === 0) continue;
      const top = frame.py(below + value);
      element("rect", { x: frame.px(k * width), y: top, width: Math.max(0.5, frame.px((k + 1) * width) - frame.px(k * width) - 0.4),
        height: frame.py(below) - top, fill: `var(${colour})` }, frame.svg);
      below += value;
    }
  });
  events(frame);
}

// By how many nines: 0 is the median's neighbourhood, 4 is p99.99.
function percentiles() {
  const series = [["from the scheduled time", run.histogram_ms], ["from the sent time", run.sent_latency_histogram_ms]]
    .filter(([, buckets]) => buckets.length > 0);
  if (series.length === 0) { at("percentiles").closest("section").hidden = true; return; }
  const nines = (share) => -Math.log10(1 - share);
  const lines = series.map(([, buckets]) => {
    const total = buckets.reduce((sum, [, count]) => sum + count, 0);
    let seen = 0;
    return buckets.map(([bound, count]) => { seen += count; return [nines(Math.min((seen - 0.5) / total, 0.999999)), bound]; });
  });
  const all = lines.flat();
  const most = Math.max(...all.map((point) => point[1])), least = Math.min(...all.map((point) => point[1]));
  const log = most > 20 * least;
  const shares = [0, 0.5, 0.9, 0.99, 0.999, 0.9999].filter((share) => nines(share) <= Math.max(...all.map((p) => p[0])));
  legend("percentiles", series.map(([name]) => name), COLOURS);
  const frame = plot("percentiles", { width: 500, x: { least: 0, most: Math.max(1, ...all.map((p) => p[0])) },
    y: { least: log ? least * 0.8 : 0, most: most * 1.05, log }, unit: "ms", xTicks: shares.map(nines),
    xText: (value) => `${+((1 - 10 ** -value) * 100).toFixed(3)} %` });
  lines.forEach((points, i) => line(frame, points, COLOURS[i]));
}

function histogram() {
  const buckets = run.histogram_ms;
  if (buckets.length === 0) return;
  const least = buckets[0][0] * 0.98, most = buckets[buckets.length - 1][0] * 1.02, count = 60;
  const bars = new Array(count).fill(0), step = Math.log(most / least) / count;
  for (const [bound, n] of buckets) bars[Math.min(count - 1, Math.floor(Math.log(bound / least) / step))] += n;
  const frame = plot("histogram", { width: 500, x: { least, most, log: true }, y: { least: 0.5, most: Math.max(...bars) * 1.3, log: true },
    unit: "answers", xText: (value) => `${tick(value)} ms`, yText: (value) => value >= 1 ? String(value) : "" });
  bars.forEach((n, i) => {
    if (n === 0) return;
    const x = frame.px(least * Math.exp(i * step));
    element("rect", { x, y: frame.py(n), width: frame.px(least * Math.exp((i + 1) * step)) - x - 0.6, height: frame.bottom - frame.py(n), fill: COLOURS[0] }, frame.svg);
  });
}

function slowest() {
  if (run.slowest.length === 0) { at("slowest").closest("section").hidden = true; return; }
  at("tailnote").textContent = `The ten slowest answers part by part; below, the slowest ${run.tail.answers} against a sample of all.`;
  const names = run.tail.parts.map((part) => part.part);
  const main = names.slice(0, 5), colour = (name) => COLOURS[main.includes(name) ? main.indexOf(name) : 5];
  legend("slowest", names.length > 5 ? [...main, "other"] : main, COLOURS);
  const height = 26 * run.slowest.length + 30, most = run.slowest[0].latency_ms;
  const svg = element("svg", { viewBox: `0 0 1040 ${height}`, role: "img" }, at("slowest"));
  run.slowest.forEach((answer, i) => {
    const y = 6 + 26 * i, whole = answer.parts_ms.reduce((sum, [, ms]) => sum + ms, 0);
    element("text", { x: 0, y: y + 13 }, svg, `${called(answer)} ${answer.class}, ${number(answer.latency_ms)} ms`);
    let x = 190;
    for (const [name, ms] of answer.parts_ms) {
      const wide = ms / Math.max(whole, most) * 560;
      const bar = element("rect", { x, y, width: Math.max(0, wide - 0.5), height: 18, fill: colour(name) }, svg);
      element("title", {}, bar, `${name}: ${number(ms)} ms`);
      x += wide;
    }
    element("text", { x: 770, y: y + 13 }, svg, answer.main_cause ? `because of: ${answer.main_cause}` : "");
  });
  table("tail", ["part, mean ms", "usual", "in the slowest", "main cause of"],
    run.tail.parts.slice(0, 12).map((part) => [part.part, part.usual_ms, part.tail_ms, String(part.main_cause)]));
}

function tables() {
  const pair = (of) => of.max === 0 ? "–" : `${number(of.mean)} / ${number(of.p99)}`;
  table("stages", ["stage, mean / p99 ms", "queue", "batch form", "to device", "execute", "from device", "host", "batch"],
    run.stages.map((s) => [s.stage, pair(s.queue_ms), pair(s.batch_form_ms), pair(s.h2d_ms), pair(s.execute_ms), pair(s.d2h_ms), pair(s.host_ms), s.batch_size]));
  table("classes", ["class", "requests", "ok", "in time", "dropped", "errors", "mean ms", "p50", "p99", "p99.9", "max"],
    Object.entries(run.classes).map(([name, c]) => [name, String(c.requests), String(c.ok), String(c.in_time), String(c.dropped),
      Object.entries(c.errors).map(([code, n]) => `${n} ${code}`).join(", ") || "0",
      c.latency_ms.mean, c.latency_ms.p50, c.latency_ms.p99, c.latency_ms.p99_9, c.latency_ms.max]));
  table("events", ["event", "at, s", "took, ms", "outcome"],
    run.events.map((e) => [e.name, e.at_s, e.took_ms, e.error ? e.error.message || e.error.code : "ok"]));
}

figures();
overTime();
percentiles();
histogram();
slowest();
tables();

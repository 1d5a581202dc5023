// The page of failsim serve: what /v1/live tells is drawn, and buttons post to the control API.
import { Fleet, el, plural } from "./fleet.js";
import { calendar, offset, span } from "./time.js";

const $ = (id) => document.getElementById(id);
const most = 200; // lines of a log in the document

// post asks the control API to do something, and says how it went.
async function post(path, body, done) {
  try {
    const text = typeof body === "string" ? body : JSON.stringify(body ?? {});
    const answer = await fetch(path, { method: "POST", body: text, headers: { "Content-Type": typeof body === "string" ? "application/toml" : "application/json" } });
    const result = await answer.json();
    if (!answer.ok) throw new Error((result.code ? result.code + ": " : "") + result.error);
    say("good", typeof done === "function" ? done(result) : done);
  } catch (e) {
    say("bad", e.message);
  }
}

function say(how, text) {
  $("said").className = how;
  $("said").textContent = text;
}

const fleet = new Fleet($("groups"), (group, shard) =>
  post("/v1/test-failover", { group, node_group: shard }, (r) => `TestFailover of ${group}/${shard} accepted; ${plural(r.quota_left, "call")} left of the quota`));
let clock = { now: 0, paused: false };

// Clock.

function drawClock() {
  $("now").textContent = offset(clock.now);
  $("date").textContent = calendar(clock.date);
  const speed = clock.speed === "max" ? "jumps to the next event at every poll" : "× " + clock.speed;
  $("pace").textContent = clock.paused ? "paused" : speed;
  $("pace").className = "badge " + (clock.paused ? "wait" : "good");
  $("pause").textContent = clock.paused ? "Resume" : "Pause";
  const value = String(clock.speed);
  if (![...$("speed").options].some((o) => o.value === value)) $("speed").append(new Option("× " + value, value));
  if (document.activeElement !== $("speed")) $("speed").value = value;
  const next = clock.next === null ? ["nothing", "is left to happen"] : ["in " + span(Math.max(0, clock.next - clock.now)), "the next event"];
  tile("next", "", ...next);
}

function tile(name, how, figure, text) {
  const e = $("tile-" + name);
  e.className = how;
  if (e.children[0].textContent !== figure) e.children[0].textContent = figure;
  if (e.children[1].textContent !== text) e.children[1].textContent = text;
}

for (const s of ["1", "10", "60", "600", "3600", "max"]) $("speed").append(new Option(s === "max" ? "max" : "× " + s, s));
$("speed").addEventListener("change", (e) => {
  const speed = e.target.value === "max" ? "max" : Number(e.target.value);
  post("/v1/clock/speed", { speed }, speed === "max" ? "every poll of a client jumps to the next event" : `${speed} virtual seconds pass in a second`);
});
$("pause").addEventListener("click", () => clock.paused ? post("/v1/clock/resume", {}, "the clock goes on") : post("/v1/clock/pause", {}, "the clock stands still"));
const moved = (r) => "now it is " + offset(r.now);
$("step").addEventListener("click", () => post("/v1/clock/advance", { until: "next" }, moved));
$("idle").addEventListener("click", () => post("/v1/clock/advance", { until: "idle" }, moved));
$("jump").addEventListener("submit", (e) => {
  e.preventDefault();
  post("/v1/clock/advance", { duration: $("jump-by").value.trim() }, moved);
});
$("reset").addEventListener("submit", (e) => {
  e.preventDefault();
  const seed = $("seed").value.trim(); // stays a text, for a number of JavaScript has 53 bits
  post("/v1/reset", { seed }, `virtual zero again, with seed ${seed.replace(/^0+(?=.)/, "")}`);
});

// Fleet.

$("filter").addEventListener("input", (e) => { fleet.filter = e.target.value.trim().toLowerCase(); fleet.page = 0; fleet.draw(); });
$("trouble").addEventListener("change", (e) => { fleet.troubled = e.target.checked; fleet.page = 0; fleet.draw(); });
$("earlier").addEventListener("click", () => fleet.turn(-1));
$("later").addEventListener("click", () => fleet.turn(1));

function drawCounts() {
  const count = fleet.counts();
  drawWrites();
  tile("nodes", count.serving === count.nodes ? "good" : "wait", `${count.serving} of ${count.nodes}`, "nodes serve");
  $("zones").replaceChildren(...[...count.zones].map(([zone, [up, all]]) => el("li", {}, el("b", {}, zone), ` ${up} of ${plural(all, "node")} ${up === 1 ? "serves" : "serve"}`)));
}

let quota = null, lasting = [];

// drawQuota tells what is left, and where the service refuses all calls until when.
function drawQuota() {
  const q = quota, blocks = lasting.filter((l) => l.kind === "api-blocked");
  const free = q.next_free === null ? "none of them used" : `one more is free at ${offset(q.next_free)}, ${calendar(q.next_free_date)}`;
  const hours = q.window / 3600; // a day is 24 h to whoever knows the quota
  const left = `TestFailover calls left in any ${Number.isInteger(hours) && hours <= 48 ? `${hours} h` : span(q.window)}; ${free}`;
  if (blocks.length === 0) return tile("quota", q.left > 0 ? "good" : "bad", `${q.left} of ${q.limit}`, left);
  tile("quota", "bad", "blocked", `the service refuses TestFailover until ${offset(blocks.at(-1).until)}; ${q.left} of ${q.limit} ${left}`);
}

function drawLasting() {
  $("lasting").hidden = lasting.length === 0;
  $("lasts").replaceChildren(...lasting.map((l) => el("li", {}, el("b", {}, l.what), ` until ${offset(l.until)}, ${calendar(l.until_date)}`)));
}

// Log.

const logs = { records: [], events: [] };

function line(kind, l) {
  if (kind === "events") return el("li", { "data-n": l.n }, el("time", {}, offset(l.at)), " ", el("b", {}, l.source_id), " " + l.message);
  const where = [l.group, l.node_group].filter(Boolean).join("/");
  const text = l.outcome && l.outcome !== "accepted" ? `${l.text} (${l.outcome})` : l.text ?? l.kind;
  return el("li", { "data-n": l.n }, el("time", {}, offset(l.at)), " ", ...(where ? [el("b", {}, where), " "] : []), text);
}

const shownLog = () => document.querySelector("input[name=log]:checked").value;

function append(kind, lines) {
  const log = logs[kind];
  log.push(...lines);
  log.splice(0, Math.max(0, log.length - most));
  if (kind === shownLog()) {
    $("log").prepend(...lines.map((l) => line(kind, l)).reverse());
    while ($("log").children.length > most) $("log").lastChild.remove();
    noteLog();
  }
}

function noteLog() {
  const log = logs[shownLog()];
  $("nolog").hidden = log.length > 0;
  $("morelog").hidden = log.length === 0 || log[0].n === 0;
}

function drawLog() {
  const kind = shownLog();
  $("log").replaceChildren(...logs[kind].map((l) => line(kind, l)).reverse());
  noteLog();
}
for (const input of document.querySelectorAll("input[name=log]")) input.addEventListener("change", drawLog);

// Outages.

const names = { "write service": "writes", "write endpoint": "writes, by name", "read service": "reads", "read endpoint": "reads, by name",
  "replica-read service": "reads from a replica", "redundancy service": "full redundancy" };
let outages = { totals: [], latest: [] };

function drawOutages() {
  $("totals").tBodies[0].replaceChildren(...outages.totals.map((t) => el("tr", { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, names[t.access + " " + t.observer]),
    ...Object.entries({ windows: t.windows, open: t.open, "in all": span(t.seconds), longest: span(t.longest) }).map(
      ([name, v]) => el("td", { role: "cell", class: "num", "data-of": name }, String(v))))));
  const access = $("access").value, latest = outages.latest.filter((w) => w.access === access);
  $("windows").replaceChildren(...latest.map((w) => el("li", {}, el("time", {}, offset(w.from)), " ", el("b", {}, w.group + "/" + w.node_group),
    ` ${names[w.access + " " + w.observer]}: ${span(w.seconds)}${w.open ? " so far" : ""} (${w.cause})`)));
  $("nowindows").hidden = latest.length > 0;
  drawWrites();
}

function drawWrites() {
  const now = fleet.counts().unwritable, longest = outages.totals[0]?.longest ?? 0;
  tile("writes", now > 0 ? "bad" : "good", now > 0 ? plural(now, "shard") : "no shard", "without writes now; the longest outage so far " + span(longest));
}
$("access").addEventListener("change", drawOutages);

// Faults.

const F = {
  zone: { name: "zone", label: "Zone", choose: () => fleet.zones },
  group: { name: "group", label: "Group", choose: () => [...fleet.groups.keys()] },
  shard: { name: "node_group", label: "Shard", value: () => firstShard().node_groups[0].id },
  node: { name: "node", label: "Node", value: () => "" },
  primary: { name: "primary_of", label: "or primary of group/shard", value: () => `${firstShard().id}/${firstShard().node_groups[0].id}` },
  duration: { name: "duration", label: "Duration", value: () => "10m" },
  lag: { name: "lag", label: "Lag", value: () => "30s" },
  written: { name: "written", label: "Written", value: () => "100MB/s" },
  applied: { name: "applied", label: "Applied", value: () => "50MB/s" },
  version: { name: "engine_version", label: "Engine version", value: () => "" },
  type: { name: "node_type", label: "Node type", value: () => "" },
  window: { name: "in_window", label: "in the group's next maintenance window", check: true },
};
const firstShard = () => fleet.groups.values().next().value;
const kinds = {
  "node": ["a node dies at once", F.node, F.primary],
  "zone": ["every node in a zone dies, and replacements there wait until it is back", F.zone, F.duration],
  "zone-power": ["as AWS FIS interrupts the power of a zone: Multi-AZ groups alone", F.zone, F.duration],
  "partition": ["nodes are cut off from the rest, and run on: of a zone, or one", { ...F.zone, choose: () => ["", ...fleet.zones] }, F.node, F.primary, F.duration],
  "no-capacity": ["replacements in a zone wait", F.zone, F.duration],
  "lag-spike": ["replicas trail by this much", F.group, F.shard, F.lag, F.duration],
  "replication-stall": ["writes outrun what replicas apply", F.group, F.shard, F.written, F.applied, F.duration],
  "api-blocked": ["the service refuses every TestFailover", F.duration],
  "reboot": ["the customer reboots a node (cluster mode disabled)", F.node, F.primary],
  "replacement": ["a service update replaces every node of a group", F.group, F.window],
  "upgrade": ["another engine version for a group", F.group, F.version, F.window],
  "scale": ["another node type for a group", F.group, F.type, F.window],
};
$("kind").append(...Object.keys(kinds).map((k) => new Option(k, k)));

function field(f) {
  const id = "fault-" + f.name;
  if (f.check) return el("label", {}, el("input", { id, type: "checkbox", "data-key": f.name }), " " + f.label);
  if (f.choose) {
    const select = el("select", { id, "data-key": f.name });
    select.append(...f.choose().map((v) => new Option(v || "none", v)));
    return el("label", {}, f.label + " ", select);
  }
  return el("label", {}, f.label + " ", el("input", { id, "data-key": f.name, size: "14", value: f.value(), autocomplete: "off", spellcheck: "false" }));
}

function drawFields() {
  const [means, ...fields] = kinds[$("kind").value];
  $("means").textContent = means;
  $("fields").replaceChildren(...(fleet.groups.size > 0 ? fields.map(field) : []));
}
$("kind").addEventListener("change", drawFields);

const struck = (r) => `${r.kind} strikes at ${offset(r.at)}${r.duration > 0 ? ", for " + span(r.duration) : ""}`;
$("fault").addEventListener("submit", (e) => {
  e.preventDefault();
  const fault = { kind: $("kind").value };
  for (const input of $("fields").querySelectorAll("[data-key]")) {
    const value = input.type === "checkbox" ? input.checked : input.value.trim();
    if (value) fault[input.dataset.key] = value;
  }
  if (fault.node || fault.zone) delete fault.primary_of; // it is filled in beforehand
  post("/v1/faults", fault, struck);
});
$("toml").addEventListener("submit", (e) => {
  e.preventDefault();
  post("/v1/faults", $("toml-text").value, struck);
});

// Live.

function link(how, text) {
  $("link").className = "badge " + how;
  $("link").textContent = text;
}

function begin(b) {
  $("title").textContent = `The fleet in ${b.region}`;
  document.title = `${b.region}: failsim serve`;
  $("facts").textContent = `${plural(b.group_count, "replication group")}, seed ${b.seed}`;
  if (document.activeElement !== $("seed")) $("seed").value = b.seed;
  fleet.begin(b.zones, b.continued);
  if (!b.continued) {
    logs.records.length = logs.events.length = 0;
    drawLog();
  }
}

function change(c) {
  if (c.clock) { clock = c.clock; drawClock(); }
  if (c.quota) quota = c.quota;
  if (c.lasting) { lasting = c.lasting; drawLasting(); }
  if (c.quota || c.lasting) drawQuota();
  if (c.groups) {
    const first = fleet.groups.size === 0;
    fleet.update(c.groups);
    drawCounts();
    if (first) drawFields();
  }
  if (c.outages) { outages = c.outages; drawOutages(); }
}

function connect() {
  const live = new EventSource("/v1/live");
  const on = (name, act) => live.addEventListener(name, (e) => act(JSON.parse(e.data)));
  live.addEventListener("open", () => link("good", "live"));
  on("begin", begin);
  on("change", change);
  on("records", (r) => append("records", r.lines));
  on("events", (r) => append("events", r.lines));
  on("end", () => { live.close(); link("bad", "the server has ended; reload once it runs again"); });
  live.addEventListener("error", async () => {
    if (live.readyState !== EventSource.CLOSED) return link("wait", "connecting again …");
    // The browser gives up where the answer was no stream: find out why.
    try {
      const answer = await fetch("/v1/clock");
      if (!answer.ok) return link("bad", (await answer.json()).error);
    } catch { /* the server is away: try again */ }
    link("wait", "connecting again …");
    setTimeout(connect, 5000);
  });
}
connect();

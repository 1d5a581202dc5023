// The fleet by zone: groups that open, with a row for each shard and a cell for each node. What is not open is not in the document, and
// what is open comes in pages, so that a fleet of any size stays readable. Where there is no room for the columns a shard is a block with a
// line for each zone (page.css); the roles say that it is still a table.

const groupsOnPage = 20, shardsShown = 40, smallFleet = 24;

// el makes an element; attributes that are undefined are left out.
export function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

const waiting = new Set(["rebooting", "swapping", "starting", "waiting", "syncing", "refusing", "not available"]);

function look(node) {
  if (node.condition === "available") return "good";
  return waiting.has(node.condition) ? "wait" : "bad";
}

export function plural(n, one, many = one + "s") {
  return n + " " + (n === 1 ? one : many);
}

// short is what tells a node apart from the others of its shard: the last number of its name.
function short(id) {
  return /-(\d+)$/.exec(id)?.[1] ?? id;
}

function cell(node) {
  const why = node.condition === "available" ? "" : node.status ?? node.condition;
  const e = el("span", { class: "node " + (node.role === "primary" ? "primary " : "") + look(node), title: `${node.id}: ${node.role}, ${why || "available"}` },
    el("b", { "aria-hidden": "true" }, node.role === "primary" ? "P" : "R"), el("span", { class: "hidden" }, node.role), " " + short(node.id));
  if (why) e.append(" ", el("i", {}, why));
  return e;
}

// atRest tells whether nothing goes on in a group.
function atRest(group) {
  return group.status === "available" && !group.replacing && !group.halted &&
    group.node_groups.every((s) => !s.failing_over && s.primary === s.primary_name && s.nodes.every((n) => n.condition === "available"));
}

export class Fleet {
  constructor(box, testFailover) {
    this.box = box;
    this.testFailover = testFailover;
    this.begin([], false);
  }

  // begin forgets all groups; where the same fleet goes on, what is open stays open.
  begin(zones, continued) {
    this.zones = zones;
    this.groups = new Map();
    this.views = new Map();
    this.filter ??= "";
    this.troubled ??= false;
    if (!continued) {
      this.page = 0;
      this.opened = null; // which groups are open, once it is known how many there are
    }
    this.box.replaceChildren();
  }

  // update takes the groups that changed.
  update(changed) {
    for (const g of changed) this.groups.set(g.id, g);
    if (this.opened === null) {
      const shards = [...this.groups.values()].reduce((sum, g) => sum + g.node_groups.length, 0);
      const first = this.groups.keys().next().value;
      this.opened = new Set(shards <= smallFleet ? this.groups.keys() : [first]);
    }
    this.draw();
    for (const g of changed) this.views.get(g.id)?.update(g);
  }

  // counts are of nodes that serve, in all and by zone, and of shards without a primary that does.
  counts() {
    const count = { nodes: 0, serving: 0, unwritable: 0, zones: new Map(this.zones.map((z) => [z, [0, 0]])) };
    for (const g of this.groups.values()) for (const s of g.node_groups) for (const n of s.nodes) {
      const zone = count.zones.get(n.zone);
      count.nodes++;
      zone[1]++;
      if (n.condition === "available") { count.serving++; zone[0]++; } else if (n.role === "primary") count.unwritable++;
    }
    return count;
  }

  shown() {
    return [...this.groups.values()].filter((g) => g.id.includes(this.filter) && (!this.troubled || !atRest(g)));
  }

  // draw brings the groups of this page into the document, in order.
  draw() {
    const all = this.shown();
    const pages = Math.max(1, Math.ceil(all.length / groupsOnPage));
    this.page = Math.min(this.page, pages - 1);
    const here = all.slice(this.page * groupsOnPage, (this.page + 1) * groupsOnPage);
    const ids = new Set(here.map((g) => g.id));
    for (const [id, view] of this.views) if (!ids.has(id)) { view.box.remove(); this.views.delete(id); }
    here.forEach((g, i) => {
      let view = this.views.get(g.id);
      if (!view) {
        view = new GroupView(this, g);
        this.views.set(g.id, view);
      }
      if (this.box.children[i] !== view.box) this.box.insertBefore(view.box, this.box.children[i] ?? null);
    });
    document.getElementById("nogroups").hidden = here.length > 0;
    document.getElementById("pager").hidden = pages === 1;
    document.getElementById("where").textContent = `${this.page * groupsOnPage + 1} to ${this.page * groupsOnPage + here.length} of ${all.length}`;
  }

  turn(by) {
    this.page = Math.max(0, this.page + by);
    this.draw();
  }
}

// GroupView is a group in the document; its table is made when it is opened.
class GroupView {
  constructor(fleet, group) {
    this.fleet = fleet;
    this.group = group;
    this.limit = shardsShown;
    this.badge = el("span", { class: "badge" });
    this.facts = el("span", { class: "facts" });
    this.box = el("details", { class: "group", "data-group": group.id }, el("summary", {}, group.id + " ", this.badge, " ", this.facts));
    this.box.open = fleet.opened.has(group.id);
    this.box.addEventListener("toggle", () => {
      if (this.box.open) fleet.opened.add(group.id); else fleet.opened.delete(group.id);
      this.draw();
    });
    this.update(group);
  }

  update(group) {
    this.group = group;
    const down = group.node_groups.reduce((sum, s) => sum + s.nodes.filter((n) => n.condition !== "available").length, 0);
    const word = group.halted ? "halted: no majority" : group.status;
    this.badge.textContent = word;
    this.badge.className = "badge " + (group.halted ? "bad" : atRest(group) ? "good" : "wait");
    this.facts.textContent = [plural(group.node_groups.length, "shard"), "cluster mode " + group.cluster_mode, group.node_type, group.engine + " " + group.engine_version,
      down > 0 ? `${plural(down, "node does", "nodes do")} not serve` : ""].filter((x) => x.trim()).join(", ");
    this.draw();
  }

  draw() {
    if (!this.box.open) {
      this.scroll?.remove();
      this.scroll = null;
      return;
    }
    if (!this.scroll) this.make();
    this.group.node_groups.slice(0, this.limit).forEach((shard, i) => this.drawShard(shard, i));
    this.more.hidden = this.group.node_groups.length <= this.limit;
    this.more.textContent = `Show more of ${this.group.node_groups.length} shards`;
  }

  make() {
    this.rows = [];
    this.body = el("tbody", { role: "rowgroup" });
    this.more = el("button", { type: "button" });
    this.more.addEventListener("click", () => { this.limit += shardsShown; this.draw(); });
    const column = (text) => el("th", { scope: "col", role: "columnheader" }, text);
    const head = el("tr", { role: "row" }, column("shard"), ...this.fleet.zones.map(column), el("td", { role: "cell" }));
    this.scroll = el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Nodes of " + this.group.id + " by zone" },
      el("table", { class: "fleet", role: "table" }, el("caption", { class: "hidden" }, "Nodes of " + this.group.id + " by zone"),
        el("thead", { role: "rowgroup" }, head), this.body), this.more);
    this.box.append(this.scroll);
  }

  // drawShard keeps the row, and with it the button that may have the focus.
  drawShard(shard, i) {
    const text = JSON.stringify(shard);
    let row = this.rows[i];
    if (!row) {
      const button = el("button", { type: "button", "aria-label": `Test failover of ${this.group.id}/${shard.id}` }, "Test failover");
      button.addEventListener("click", () => this.fleet.testFailover(this.group.id, shard.id));
      row = { name: el("th", { scope: "row", role: "rowheader" }), cells: this.fleet.zones.map((z) => el("td", { role: "cell", "data-of": z })) };
      this.body.append(el("tr", { role: "row", "data-shard": shard.id }, row.name, ...row.cells, el("td", { role: "cell", class: "act" }, button)));
      this.rows[i] = row;
    }
    if (row.text === text) return;
    row.text = text;
    row.name.textContent = shard.id;
    const note = shard.failing_over ? "failing over" : shard.primary !== shard.primary_name ? "name moves" : shard.status !== "available" ? shard.status : "";
    if (note) row.name.append(" ", el("span", { class: "badge wait" }, note));
    this.fleet.zones.forEach((zone, z) => row.cells[z].replaceChildren(...shard.nodes.filter((n) => n.zone === zone).map(cell)));
  }
}

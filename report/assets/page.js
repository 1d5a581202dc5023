"use strict";
// Puts charts that zoom in the place of the drawings, once they come near the window. Without this script the drawings stay.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent) || [];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const live = [];
  const height = 250;

  const digits = (v) => String(Number(v.toPrecision(9)));
  const figure = (chart, v) => Number(v.toPrecision(5)).toLocaleString("en", { maximumFractionDigits: 9 }) + chart.unit;
  const lineColor = (observer) => color(observer === "endpoint" ? "endpoint" : "service");

  // Options that the curve and the histogram of a metric share.
  const common = (chart, box, up) => ({
    width: Math.max(200, box.clientWidth), height,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: false, distr: chart.log ? 3 : 1, log: 10, range: (u, min, max) => [min ?? chart.min, max ?? chart.max] },
      y: { range: () => [0, up] },
    },
    axes: [
      { stroke: () => color("muted"), grid: { show: false }, ticks: { stroke: () => color("muted"), width: 1, size: 5 }, size: 30,
        ...(chart.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500] } : {}),
        font: "12px system-ui, sans-serif", values: (u, vs) => vs.map((v) => (v === null ? null : digits(v))),
        label: (chart.unit.trim() || "number") + (chart.log ? ", by powers of ten" : ""), labelSize: 20, labelFont: "12px system-ui, sans-serif" },
      { stroke: () => color("muted"), grid: { stroke: () => color("line"), width: 1 }, ticks: { show: false }, size: 48,
        font: "12px system-ui, sans-serif", values: (u, vs) => vs.map((v) => digits(v) + "%") },
    ],
  });

  // Lines down from the quantiles and from where values were cut short.
  const drawMarks = (chart) => (u) => {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - 30 * ratio, 0, bbox.width + 60 * ratio, bbox.top + bbox.height + 6 * ratio);
    ctx.clip();
    ctx.font = 12 * ratio + "px system-ui, sans-serif";
    ctx.textAlign = "center";
    chart.curves.forEach((curve, i) => {
      const labels = [];
      for (const mark of curve.marks || []) {
        const x = u.valToPos(mark.value, "x", true), y = u.valToPos(100 * mark.f, "y", true);
        if (x < bbox.left - ratio || x > bbox.left + bbox.width + ratio) continue;
        if (i === 0 && labels.every((label) => Math.abs(label - x) >= 26 * ratio)) {
          labels.push(x);
          ctx.strokeStyle = color("muted");
          ctx.lineWidth = ratio;
          ctx.setLineDash([2 * ratio, 3 * ratio]);
          line(ctx, x, bbox.top, bbox.top + bbox.height);
          ctx.fillStyle = color("fg");
          ctx.fillText(mark.name, x, bbox.top - 5 * ratio);
        }
        ctx.setLineDash([]);
        ctx.beginPath();
        ctx.arc(x, y, 3.5 * ratio, 0, 7);
        ctx.fillStyle = color("bg");
        ctx.fill();
        ctx.lineWidth = 2 * ratio;
        ctx.strokeStyle = lineColor(curve.observer);
        ctx.stroke();
      }
      if (curve.cutFrom >= u.scales.x.min) {
        ctx.strokeStyle = color("fail");
        ctx.lineWidth = 2 * ratio;
        ctx.setLineDash([ratio, 3 * ratio]);
        line(ctx, u.valToPos(curve.cutFrom, "x", true), bbox.top, bbox.top + bbox.height);
      }
    });
    ctx.restore();
  };
  const line = (ctx, x, from, to) => {
    ctx.beginPath();
    ctx.moveTo(x, from);
    ctx.lineTo(x, to);
    ctx.stroke();
  };

  // The share of values up to each value, as steps, with its band.
  const ecdf = (chart, box, say) => {
    const options = common(chart, box, 100);
    const percent = (vs) => vs.map((v) => 100 * v);
    // A curve goes on to the end of the axis, so that one of a single value is a line too.
    const toEnd = (c) => {
      const n = c.x.length - 1;
      if (c.x[n] >= chart.max) return c;
      const more = (vs) => vs && [...vs, vs[n]];
      return { ...c, x: [...c.x, chart.max], f: more(c.f), low: more(c.low), high: more(c.high) };
    };
    const tables = chart.curves.map(toEnd).map((c) =>
      c.low ? [c.x, percent(c.f), percent(c.low), percent(c.high)] : [c.x, percent(c.f)]);
    const stepped = uPlot.paths.stepped({ align: 1 });
    options.series = [{}];
    options.bands = [];
    chart.curves.forEach((c) => {
      const stroke = () => lineColor(c.observer);
      options.series.push({ stroke, width: 2, dash: c.observer === "endpoint" ? [6, 3] : undefined, paths: stepped, spanGaps: true, points: { show: false } });
      if (c.low) {
        const edge = { stroke: "transparent", width: 0, paths: stepped, spanGaps: true, points: { show: false } };
        options.series.push({ ...edge }, { ...edge });
        const at = options.series.length;
        options.bands.push({ series: [at - 1, at - 2], fill: () => color(c.observer === "endpoint" ? "band2" : "band") });
      }
    });
    options.hooks = { draw: [drawMarks(chart)], setCursor: [(u) => say(readCurve(chart, u))] };
    return new uPlot(options, tables.length > 1 ? uPlot.join(tables) : tables[0], box);
  };

  const readCurve = (chart, u) => {
    if (u.cursor.left < 0) return "";
    const v = u.posToVal(u.cursor.left, "x");
    return figure(chart, v) + ": " + chart.curves.map((c) => {
      let at = -1;
      while (at + 1 < c.x.length && c.x[at + 1] <= v) at++;
      const f = at < 0 ? 0 : c.f[at];
      const band = at >= 0 && c.low ? ` (${(100 * c.low[at]).toFixed(1)} to ${(100 * c.high[at]).toFixed(1)})` : "";
      return `${c.observer} ${(100 * f).toFixed(1)}%${band}`;
    }).join(", ");
  };

  // The share of values in each range: columns, and the outline of a second observer.
  const histogram = (chart, box, say) => {
    const highest = Math.max(...chart.curves.flatMap((c) => c.shares));
    const options = common(chart, box, 1.05 * highest);
    options.series = [{}, { stroke: "transparent", paths: () => null, points: { show: false } }];
    options.hooks = { draw: [drawColumns(chart)], setCursor: [(u) => say(readColumn(chart, u))] };
    return new uPlot(options, [[chart.min, chart.max], [0, 0]], box);
  };

  const drawColumns = (chart) => (u) => {
    const { ctx, bbox } = u, ratio = devicePixelRatio, edges = chart.edges;
    const X = (v) => u.valToPos(v, "x", true), Y = (v) => u.valToPos(v, "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    chart.curves.forEach((c, i) => {
      if (i === 0) {
        c.shares.forEach((share, j) => {
          const left = X(edges[j]), width = Math.max(1, X(edges[j + 1]) - left - ratio / 2);
          ctx.fillStyle = color("column");
          ctx.fillRect(left, Y(share), width, Y(0) - Y(share));
          const cut = c.cutShares ? c.cutShares[j] : 0;
          if (cut > 0) {
            ctx.strokeStyle = color("fail");
            ctx.lineWidth = 1.5 * ratio;
            ctx.setLineDash([3 * ratio, 2 * ratio]);
            ctx.strokeRect(left, Y(cut), width, Y(0) - Y(cut));
            ctx.setLineDash([]);
          }
        });
        return;
      }
      ctx.strokeStyle = lineColor(c.observer);
      ctx.lineWidth = 2 * ratio;
      ctx.setLineDash([6 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(X(edges[0]), Y(0));
      c.shares.forEach((share, j) => {
        ctx.lineTo(X(edges[j]), Y(share));
        ctx.lineTo(X(edges[j + 1]), Y(share));
      });
      ctx.lineTo(X(edges[edges.length - 1]), Y(0));
      ctx.stroke();
    });
    ctx.restore();
  };

  const readColumn = (chart, u) => {
    if (u.cursor.left < 0) return "";
    const v = u.posToVal(u.cursor.left, "x"), edges = chart.edges;
    let j = 0;
    while (j < edges.length - 2 && edges[j + 1] <= v) j++;
    return `${figure(chart, edges[j])} to ${figure(chart, edges[j + 1])}: ` +
      chart.curves.map((c) => `${c.observer} ${c.shares[j]}%`).join(", ");
  };

  // One state of zoom for both plots of a metric; by logarithms where the axis is.
  const build = (chart) => {
    const host = document.getElementById(chart.id);
    const group = host.querySelector(".plots"), readout = host.querySelector(".readout"), status = host.querySelector(".range");
    const to = chart.log ? Math.log10 : (v) => v, from = chart.log ? (v) => 10 ** v : (v) => v;
    const ends = [to(chart.min), to(chart.max)];
    let shown = ends.slice();
    const say = (text) => { readout.textContent = text; };
    const plots = [...host.querySelectorAll(".plot")].map((box) => {
      const u = (box.dataset.kind === "ecdf" ? ecdf : histogram)(chart, box, say);
      u.root.setAttribute("aria-hidden", "true");
      box.classList.add("live");
      return { box, u };
    });
    plots.forEach(({ u }) => u.setScale("x", { min: chart.min, max: chart.max }));
    const show = (min, max) => {
      const span = Math.max((ends[1] - ends[0]) / 1000, Math.min(max - min, ends[1] - ends[0]));
      min = Math.max(ends[0], Math.min(min, ends[1] - span));
      shown = [min, min + span];
      const all = span >= ends[1] - ends[0];
      const [low, high] = all ? [chart.min, chart.max] : shown.map(from);
      plots.forEach(({ u }) => u.setScale("x", { min: low, max: high }));
      status.textContent = all ? "" : `Shown: ${figure(chart, low)} to ${figure(chart, high)}, of ${figure(chart, chart.min)} to ${figure(chart, chart.max)}`;
      host.dataset.shown = low + " " + high;
    };
    const zoom = (factor) => {
      const middle = (shown[0] + shown[1]) / 2, half = (shown[1] - shown[0]) / 2 * factor;
      show(middle - half, middle + half);
    };
    const move = (part) => {
      const by = (shown[1] - shown[0]) * part;
      show(shown[0] + by, shown[1] + by);
    };
    const acts = { in: () => zoom(0.5), out: () => zoom(2), all: () => show(...ends) };
    plots.forEach(({ u }) => {
      u.over.addEventListener("dblclick", acts.all);
      u.hooks.setSelect = [() => {
        if (u.select.width > 3) {
          show(to(u.posToVal(u.select.left, "x")), to(u.posToVal(u.select.left + u.select.width, "x")));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }
      }];
    });
    host.querySelectorAll("button").forEach((b) => b.addEventListener("click", acts[b.dataset.do]));
    group.addEventListener("keydown", (event) => {
      const act = { "+": acts.in, "=": acts.in, "-": acts.out, "0": acts.all, Home: acts.all,
        ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25) }[event.key];
      if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        act();
      }
    });
    new ResizeObserver(() => plots.forEach(({ box, u }) => {
      if (box.clientWidth > 0 && Math.abs(box.clientWidth - u.width) > 1) u.setSize({ width: box.clientWidth, height });
    })).observe(group);
    live.push(...plots);
  };

  // Boxes that do not scroll need no stop of the Tab key. The observer tells of each once it has been laid out, and again
  // when its size changes.
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
      else if (target !== document.activeElement) target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".scroll").forEach((box) => sizes.observe(box));

  // On paper the intervals of all figures stand open; afterwards they are as the reader left them.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.paper:not([open])")];
    opened.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));

  document.querySelectorAll(".help").forEach((e) => { e.hidden = false; });
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      build(charts.find((c) => c.id === entry.target.id));
    }
  }, { rootMargin: "300px" });
  for (const chart of charts) {
    const host = document.getElementById(chart.id), group = host.querySelector(".plots");
    group.tabIndex = 0;
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", chart.name + ": curve and histogram. Plus and minus zoom, arrows move, 0 shows all.");
    host.querySelector(".tools").hidden = false;
    near.observe(host);
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => live.forEach(({ u }) => u.redraw(false)));
})();

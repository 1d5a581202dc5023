// Package page_test opens report pages, and the page of failsim serve, in a headless Chromium, as people do: with a mouse or a keyboard, on a phone, on
// paper, in the dark, and without scripts. `make page-check` runs it.
package page_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const root = "../.."

// looks are how pages are opened; those that are not for all pages are for the ones with most on them. With -short each look proves something
// that none before does: a phone that the layout is accessible, the dark that its colors are.
var looks = []look{
	{name: "light", script: true, all: true},
	{name: "phone", script: true, phone: true, all: true, short: allButContrast},
	{name: "no-script", all: true},
	{name: "dark", script: true, dark: true, short: contrastAlone},
	{name: "phone-dark", script: true, phone: true, dark: true, long: true},
	{name: "print", script: true, print: true, long: true},
}

// Rules of axe-core, as its options have them.
const (
	allRules       = ""
	contrastAlone  = `runOnly: ["color-contrast"]`
	allButContrast = `rules: { "color-contrast": { enabled: false } }` // half of the time
)

// build makes the command where the last test left it, so that it is linked again only when it has changed.
func build(t *testing.T) string {
	t.Helper()
	failsim, err := filepath.Abs("out/failsim")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("out", 0o755); err != nil {
		t.Fatal(err)
	}
	shell(t, 0, "go", "-C", root, "build", "-o", failsim, "./cmd/failsim")
	return failsim
}

// pages runs failsim, and returns the pages that it made by name: with -short, the one with most on it, of fewer trials, and the one without
// charts.
func pages(t *testing.T) map[string]string {
	t.Helper()
	dir, failsim := t.TempDir(), build(t)
	made := map[string]string{}
	scenarios := map[string]string{"game-day": filepath.Join(root, "scenarios/game-day.toml")}
	var fewer []string
	if testing.Short() {
		fewer = []string{"--trials", "2000"}
	} else {
		scenarios["quickstart"] = filepath.Join(root, "scenarios/quickstart.toml")
		scenarios["no-replica"] = filepath.Join(root, "scenarios/no-replica.toml")
		scenarios["verdicts"] = "testdata/verdicts.toml"
	}
	for name, scenario := range scenarios {
		code := 0
		if name == "verdicts" {
			code = 3 // one threshold is there to fail
		}
		shell(t, code, failsim, append([]string{"run", scenario, "--quiet", "-o", filepath.Join(dir, name)}, fewer...)...)
		made[name] = filepath.Join(dir, name, "report.html")
	}
	made["baseline"] = filepath.Join(dir, "baseline.html")
	shell(t, 0, failsim, "report", baseline(t), "-o", made["baseline"])
	return made
}

// baseline is a results folder with what is committed of it, and nothing else that a run may have left there.
func baseline(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"manifest.json", "summary.json", "timeline.txt"} {
		text, err := os.ReadFile(filepath.Join(root, "results/game-day", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func shell(t *testing.T, code int, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%s %s: exit %d, want %d\n%s", name, strings.Join(args, " "), got, code, out)
	}
}

func TestPages(t *testing.T) {
	made, lk, checker := pages(t), newLooker(t), axe(t)
	for _, name := range slices.Sorted(maps.Keys(made)) {
		file := made[name]
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() >= 2_000_000 {
			t.Errorf("%s has %d bytes; want less than 2 MB", name, info.Size())
		}
		rich := name == "game-day" || name == "verdicts"
		for _, l := range looks {
			if !l.all && !rich || testing.Short() && (l.long || !rich && l.name != "light") {
				continue
			}
			see := func(tab *tab) {
				tab.drawn(name, l)
				tab.fits()
				tab.readable()
				tab.quiet(file)
				if rich && !testing.Short() {
					tab.shoot(name + "-" + l.name)
				}
				if l.script {
					tab.accessible(checker, l.rules())
				}
			}
			t.Run(name+"/"+l.name, func(t *testing.T) { lk.look(t, file, l, see) })
		}
		if testing.Short() && !rich {
			continue // the page with charts has all of what follows
		}
		keyboard := func(tab *tab) {
			tab.drawn(name, looks[0])
			tab.reachable()
			tab.zooms(name)
			tab.quiet(file)
		}
		t.Run(name+"/keyboard", func(t *testing.T) { lk.look(t, file, looks[0], keyboard) })
		t.Run(name+"/paper", func(t *testing.T) { lk.look(t, file, looks[0], func(tab *tab) { tab.paper(name) }) })
	}
}

// drawn brings each chart into the window, and sees that both of its canvases have something on them. Without scripts the
// drawings must stand there.
func (t *tab) drawn(name string, l look) {
	t.Helper()
	if !l.script {
		if canvases := eval[int](t, `document.querySelectorAll("canvas").length`); canvases > 0 {
			t.Errorf("%d canvases without a script", canvases)
		}
		if hidden := eval[string](t, `[...document.querySelectorAll("figure svg")].filter(s => s.getBoundingClientRect().width < 200).map(s => s.querySelector("title").textContent).join("; ")`); hidden != "" {
			t.Errorf("drawings that do not show: %s", hidden)
		}
	}
	charts := eval[int](t, `document.querySelectorAll("figure.chart").length`)
	switch want := name != "baseline"; {
	case want && charts < 5, !want && charts > 0:
		t.Errorf("%d charts", charts)
	case !l.script:
		return
	}
	empty := eval[string](t, `(async () => { `+frame+`
		const empty = [];
		for (const figure of document.querySelectorAll("figure.chart")) {
			figure.scrollIntoView({ behavior: "instant" });
			for (let i = 0; i < 200 && figure.querySelectorAll("canvas").length < 2; i++) await frame();
			await frame();
			for (const canvas of figure.querySelectorAll("canvas")) {
				if (canvas.width === 0) { empty.push(figure.id); continue; }
				const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
				const colors = new Set();
				for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 0) colors.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
				if (colors.size < 3) empty.push(figure.id);
			}
			if (figure.querySelectorAll("canvas").length !== 2) empty.push(figure.id + " has no canvas");
		}
		scrollTo({ top: 0, behavior: "instant" });
		await frame();
		return empty.join(", ");
	})()`)
	if empty != "" {
		t.Errorf("charts that are not drawn: %s", empty)
	}
	t.Logf("loaded in %s", eval[string](t, `(() => {
		const [n] = performance.getEntriesByType("navigation");
		const paint = performance.getEntriesByName("first-contentful-paint")[0];
		return Math.round(n.loadEventEnd) + " ms, first painted after " + Math.round(paint ? paint.startTime : -1) + " ms";
	})()`))
}

// fits checks that the page does not scroll sideways; wide tables do, in boxes of their own.
func (t *tab) fits() {
	t.Helper()
	over := eval[string](t, `(() => {
		const wide = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= wide) return "";
		return document.documentElement.scrollWidth + " > " + wide + ": " + [...document.querySelectorAll("body *")].filter(
			(e) => e.getBoundingClientRect().right > wide + 1 && !e.closest(".scroll, pre")).slice(0, 5).map((e) => e.tagName + "." + e.className + "#" + e.id).join(", ");
	})()`)
	if over != "" {
		t.Errorf("the page is wider than the window: %s", over)
	}
}

// readable checks that the texts and tables are there, scripts or not.
func (t *tab) readable() {
	t.Helper()
	text := eval[string](t, `document.body.innerText`)
	wanted := []string{"The answer", "The service refuses a shard's writes", "Thresholds", "calendar of trial 0", "One failover",
		"Write outage by group and shard", "Assumptions in use", "How to reproduce this"}
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the text", want)
		}
	}
	if tables := eval[int](t, `[...document.querySelectorAll("table")].filter((e) => e.getBoundingClientRect().width > 100).length`); tables < 10 {
		t.Errorf("only %d tables show", tables)
	}
}

// accessible runs axe-core: allRules are those for WCAG 2.2 AA and its best practices.
func (t *tab) accessible(checker, rules string) {
	t.Helper()
	eval[bool](t, checker+";true")
	found := eval[string](t, `axe.run(document, { resultTypes: ["violations"], `+rules+` }).then((r) => r.violations.map((v) =>
		v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0] ? n.any[0].message : "")).join(" | ")).join("\n"))`)
	if found != "" {
		t.Error(found)
	}
	if rules := eval[int](t, `axe.getRules().length`); rules < 50 {
		t.Errorf("axe has %d rules only", rules)
	}
}

// reachable presses Tab until it is back at the start, and checks that everything that acts was met.
func (t *tab) reachable() {
	t.Helper()
	total := eval[int](t, `(() => {
		scrollTo(0, 0);
		const all = [...document.querySelectorAll('a[href], button, summary, [tabindex="0"], select, textarea, input:not([type=radio]:not(:checked))')].filter((e) => e.checkVisibility());
		all.forEach((e, i) => { e.dataset.stop = i; });
		window.met = new Set();
		document.addEventListener("focusin", (e) => { if (e.target.dataset.stop) window.met.add(+e.target.dataset.stop); });
		return all.length;
	})()`)
	for range total + 2 {
		t.press(kb.Tab)
	}
	missed := eval[string](t, `[...document.querySelectorAll("[data-stop]")].filter((e) => !window.met.has(+e.dataset.stop)).map((e) => e.outerHTML.slice(0, 100)).join("; ")`)
	if missed != "" {
		t.Errorf("Tab does not reach: %s", missed)
	}
	if met := eval[int](t, `window.met.size`); met != total || total < 20 {
		t.Errorf("Tab reaches %d of %d", met, total)
	}
}

// zooms uses the keyboard on the first chart.
func (t *tab) zooms(name string) {
	t.Helper()
	if name == "baseline" {
		return // it has no chart
	}
	shown := func() (low, high float64) {
		t.Helper()
		text := eval[string](t, `document.querySelector("figure.chart").dataset.shown || ""`)
		if _, err := fmt.Sscan(text, &low, &high); err != nil {
			t.Fatalf("shown is %q: %v", text, err)
		}
		return low, high
	}
	eval[bool](t, `document.querySelector("figure.chart .plots").focus(), true`)
	t.press("0")
	low, high := shown()
	t.press("+")
	zoomedLow, zoomedHigh := shown()
	if !(low < zoomedLow && zoomedLow < zoomedHigh && zoomedHigh < high) {
		t.Errorf("+ zooms from %v to %v, to %v to %v", low, high, zoomedLow, zoomedHigh)
	}
	t.press(kb.ArrowRight)
	if movedLow, movedHigh := shown(); movedLow <= zoomedLow || movedHigh <= zoomedHigh {
		t.Errorf("the arrow moves to %v to %v", movedLow, movedHigh)
	}
	if status := eval[string](t, `document.querySelector("figure.chart .range").textContent`); !strings.HasPrefix(status, "Shown: ") {
		t.Errorf("the range is told as %q", status)
	}
	t.press("0")
	if backLow, backHigh := shown(); backLow != low || backHigh != high {
		t.Errorf("0 shows %v to %v; want %v to %v", backLow, backHigh, low, high)
	}
}

// paper prints the page without having scrolled: charts must be on paper all the same.
func (t *tab) paper(name string) {
	t.Helper()
	pdf := ask(t, "printing", chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground()))
	if len(pdf) < 20_000 {
		t.Errorf("a PDF of %d bytes", len(pdf))
	}
	keep(t.T, name+".pdf", pdf)
}

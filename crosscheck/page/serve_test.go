package page_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// serve runs failsim serve with its clock standing still, and returns the address of the page, with the token.
func serve(t *testing.T, scenario string) string {
	t.Helper()
	cmd := exec.Command(build(t), "serve", scenario, "--paused", "--speed", "60", "--start", "scenario", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("failsim serve: %v", err)
		}
	})
	find := regexp.MustCompile(`http://\S+/\?token=\S+`)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if found := find.FindString(lines.Text()); found != "" {
			return found
		}
	}
	t.Fatal("failsim serve told no address")
	return ""
}

// servedLooks are how the page of serve is opened; without scripts it only says that it needs them.
var servedLooks = []look{
	{name: "light", script: true},
	{name: "dark", script: true, dark: true},
	{name: "phone", script: true, phone: true},
	{name: "phone-dark", script: true, phone: true, dark: true},
}

func TestServedPage(t *testing.T) {
	address, lk, checker := serve(t, "testdata/serve.toml"), newLooker(t), axe(t)
	looks := servedLooks
	if testing.Short() {
		looks = looks[:1]
	}
	for _, l := range looks {
		t.Run(l.name, func(t *testing.T) {
			lk.look(t, address, l, func(tab *tab) {
				tab.beginAgain()
				tab.failsOver(l)
				tab.fits()
				tab.accessible(checker, allRules)
				tab.losesZone(l)
				tab.fits()
				tab.narrow()
				tab.accessible(checker, allRules)
				tab.runs()
				tab.talksTo(address)
			})
		})
	}
	t.Run("keyboard", func(t *testing.T) {
		lk.look(t, address, servedLooks[0], func(tab *tab) {
			tab.beginAgain()
			tab.spans()
			tab.reachable()
			eval[bool](tab, `document.querySelector('[data-group="shop"] [data-shard="0003"] button').focus(), true`)
			tab.press("\r")
			tab.says("TestFailover of shop/0003 accepted; 14 calls left of the quota")
			if kept := eval[string](tab, `document.activeElement.getAttribute("aria-label")`); kept != "Test failover of shop/0003" {
				t.Errorf("the focus went to %q", kept)
			}
		})
	})
}

// spans checks how durations are written: a unit of which there is none is left out, and so is a minute of 60 seconds.
func (t *tab) spans() {
	t.Helper()
	t.has("#tile-quota", "TestFailover calls left in any 24 h;")
	got := eval[string](t, `import("/time.js").then((time) => [0, 0.004, 9.994, 9.996, 25, 59.94, 59.96, 60, 61.5, 119.9, 3600, 3660, 3659, 7199, 86400, 90000, 86399, 31622400].map(time.span).join(", "))`)
	const want = "0, 0.00 s, 9.99 s, 10.0 s, 25.0 s, 59.9 s, 1 min, 1 min, 1 min 1 s, 1 min 59 s, 1 h, 1 h 1 min, 1 h, 1 h 59 min, 1 d, 1 d 1 h, 23 h 59 min, 366 d"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// click clicks with the mouse.
func (t *tab) click(selector string) {
	t.Helper()
	t.run("click on "+selector, chromedp.Click(selector))
}

// until waits until a script's condition holds, and tells what else was the case.
func (t *tab) until(condition, instead string) {
	t.Helper()
	got := eval[string](t, `(async () => {
		for (let i = 0; i < 500; i++) {
			if (`+condition+`) return "";
			await new Promise((done) => setTimeout(done, 20));
		}
		return "instead: " + (`+instead+`);
	})()`)
	if got != "" {
		t.Errorf("never %s; %s", condition, got)
	}
}

// reads waits until an element has that text.
func (t *tab) reads(selector, text string) {
	t.Helper()
	t.until(fmt.Sprintf(`document.querySelector(%q)?.innerText.replace(/\s+/g, " ").trim() === %q`, selector, text), fmt.Sprintf(`document.querySelector(%q)?.innerText`, selector))
}

// has waits until an element's text has that text in it.
func (t *tab) has(selector, text string) {
	t.Helper()
	t.until(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q)`, selector, text), fmt.Sprintf(`document.querySelector(%q)?.innerText`, selector))
}

func (t *tab) says(text string) {
	t.Helper()
	t.reads("#said", text)
}

// beginAgain puts the fleet back to virtual zero, and its clock to a standstill.
func (t *tab) beginAgain() {
	t.Helper()
	t.reads("#link", "live")
	if eval[string](t, `document.getElementById("pause").textContent`) == "Pause" {
		t.click("#pause")
		t.says("the clock stands still")
	}
	// The fleet is drawn anew after a reset. What stands there already may look the same, but a click on it would miss.
	t.until(`document.querySelectorAll("#groups tbody tr").length === 4`, `document.body.innerText`)
	eval[bool](t, `document.querySelectorAll(".group").forEach((g) => { g.dataset.before = "reset"; }), true`)
	t.click("#reset button")
	t.says("virtual zero again, with seed 1")
	t.until(`document.querySelectorAll("[data-before]").length === 0`, `document.getElementById("groups").innerText`)
	t.reads("#now", "T+00:00:00")
	t.reads("#date", "2026-03-02 09:00:00 UTC")
	t.reads("#tile-quota strong", "15 of 15")
	t.reads("#tile-nodes strong", "11 of 11")
	t.until(`document.querySelectorAll("#log li").length === 0 && document.querySelectorAll("#groups tbody tr").length === 4`, `document.body.innerText`)
}

// failsOver clicks through a failover of a shard. The delays are those of testdata/serve.toml.
func (t *tab) failsOver(l look) {
	t.Helper()
	shard := `[data-group="shop"] [data-shard="0001"]`
	t.click(shard + " button")
	t.says("TestFailover of shop/0001 accepted; 14 calls left of the quota")
	t.has("#tile-quota", "one more is free at T+1d 00:00:00, 2026-03-03 09:00:00 UTC")
	t.click("#step")
	t.says("now it is T+00:00:02")
	t.has("#tile-writes", "1 shard")
	t.has(shard, "failing over")
	t.reads("#tile-nodes strong", "10 of 11")
	t.click(`[data-group="shop"] [data-shard="0002"] button`)
	t.says("InvalidReplicationGroupState: TestFailover of shop/0002: a node replacement is still running in the group")
	t.has("#log li", "refused: a node replacement is still running in the group")
	if !testing.Short() {
		t.shoot("serve-failing-over-" + l.name)
	}
	t.click("#step")
	t.says("now it is T+00:00:27")
	t.reads(shard+" .primary", "P primary 002")
	t.reads("#tile-writes strong", "no shard")
	t.click("#idle")
	t.says("now it is T+00:06:28") // 27 + 60 + 300 + 1 s
	t.reads("#tile-nodes strong", "11 of 11")
	t.reads("#totals tbody tr", "writes 1 0 25.0 s 25.0 s")
	t.has("#windows", "T+00:00:02 shop/0001 writes: 25.0 s (test-failover)")
	t.has("#log li", "shop-0001-001 is back as a replica")
	t.click(`input[value="events"]`)
	t.has("#log li", "shop-0001-001 Finished recovery for cache nodes 0001")
	if lines := eval[int](t, `document.querySelectorAll("#log li").length`); lines != 5 {
		t.Errorf("%d service events; want the five of the API reference", lines)
	}
	t.click(`input[value="records"]`)
}

// losesZone fills in the form for faults, and gets a mistake told.
func (t *tab) losesZone(l look) {
	t.Helper()
	eval[bool](t, `(() => { const kind = document.getElementById("kind"); kind.value = "zone"; kind.dispatchEvent(new Event("change")); return true; })()`)
	eval[bool](t, `(document.getElementById("fault-duration").value = "soon", true)`)
	t.click("#fault button")
	t.has("#said", "fault:1: duration: duration \"soon\": a duration is a number with a unit")
	eval[bool](t, `(document.getElementById("fault-duration").value = "10m", true)`)
	t.click("#fault button")
	t.says("zone strikes at T+00:06:28, for 10 min")
	t.has("#zones li", "us-east-1a 0 of")
	t.has("#groups", "failed")
	t.click("#jump button")
	t.says("now it is T+00:07:28")
	if !testing.Short() {
		t.shoot("serve-zone-lost-" + l.name)
	}
}

// narrow makes the window as wide as a phone, and checks that nothing scrolls sideways there, not in a box of its own either: a shard is a block
// with a line for each zone.
func (t *tab) narrow() {
	t.Helper()
	t.run("a window of 390 pixels", command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1, Mobile: true}))
	t.settle()
	if wide := eval[int](t, `document.documentElement.clientWidth`); wide != 390 {
		t.Fatalf("the window is %d pixels wide", wide)
	}
	t.fits()
	over := eval[string](t, `[...document.querySelectorAll("body *")].filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX === "auto")
		.map((e) => e.tagName + "." + e.className + "#" + e.id + ": " + e.scrollWidth + " > " + e.clientWidth).join("; ")`)
	if over != "" {
		t.Errorf("scrolls sideways: %s", over)
	}
	lines := eval[string](t, `[...document.querySelectorAll('[data-group="shop"] [data-shard="0001"] > *')].map((e) => Math.round(e.getBoundingClientRect().top)).join(" ")`)
	var name, a, b, c, act int
	if _, err := fmt.Sscan(lines, &name, &a, &b, &c, &act); err != nil || a <= max(name, act) || b <= a || c <= b {
		t.Errorf("the tops of a shard's name, zones and button are at %s; want the zones one below the other under the others", lines)
	}
}

// runs lets the clock go on by itself.
func (t *tab) runs() {
	t.Helper()
	t.click("#pause")
	t.says("the clock goes on")
	t.reads("#pace", "× 60")
	t.until(`document.getElementById("now").textContent > "T+00:07:40"`, `document.getElementById("now").textContent`)
	t.click("#pause")
	t.says("the clock stands still")
}

// talksTo checks that the page asked nobody but its server, and that the browser had no complaint but of what was to be refused.
func (t *tab) talksTo(address string) {
	t.Helper()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	own := address[:strings.Index(address, "?")]
	for _, url := range t.requests {
		if !strings.HasPrefix(url, own) {
			t.Errorf("the page asks for %s", url)
		}
	}
	for _, fault := range t.faults {
		if !strings.Contains(fault, "status of 409") && !strings.Contains(fault, "status of 400") {
			t.Error(fault)
		}
	}
	if eval := len(t.requests); eval < 5 {
		t.Errorf("%d requests: the test does not see them", eval)
	}
}

// TestServedFleetOfAThousandShards: what is not looked at is not in the document.
func TestServedFleetOfAThousandShards(t *testing.T) {
	if testing.Short() {
		t.Skip("the page of a small fleet is clicked through")
	}
	var text strings.Builder
	text.WriteString("failsim = 1\nname = \"large\"\nhorizon = \"1d\"\nregion = \"us-east-1\"\nzones = [\"us-east-1a\", \"us-east-1b\", \"us-east-1c\"]\n")
	for i := range 100 {
		fmt.Fprintf(&text, "[[replication_group]]\nid = \"group-%03d\"\ncluster_mode = \"enabled\"\nnode_groups = 10\nreplicas = 2\n", i)
	}
	scenario := filepath.Join(t.TempDir(), "large.toml")
	if err := os.WriteFile(scenario, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	newLooker(t).look(t, serve(t, scenario), servedLooks[0], func(tab *tab) {
		tab.reads("#tile-nodes strong", "3000 of 3000")
		tab.reads("#where", "1 to 20 of 100")
		if elements := eval[int](tab, `document.querySelectorAll("*").length`); elements > 2000 {
			t.Errorf("%d elements for a fleet that is closed but for one group", elements)
		}
		tab.click("#later")
		tab.reads("#where", "21 to 40 of 100")
		eval[bool](tab, `(() => { const f = document.getElementById("filter"); f.value = "group-099"; f.dispatchEvent(new Event("input")); return true; })()`)
		tab.click(`[data-group="group-099"] summary`)
		tab.click(`[data-shard="0010"] button`)
		tab.says("TestFailover of group-099/0010 accepted; 14 calls left of the quota")
		eval[bool](tab, `(() => { const f = document.getElementById("filter"); f.value = ""; f.dispatchEvent(new Event("input")); return true; })()`)
		tab.click("#trouble")
		tab.until(`document.querySelectorAll(".group").length === 1`, `document.getElementById("groups").innerText`)
		tab.fits()
		tab.shoot("serve-large")
	})
}

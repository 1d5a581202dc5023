package page_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser may take over one thing. The slowest, axe on the longest page, takes five seconds of a
// machine of two cores that has nothing else to do.
const patience = time.Minute

// browser is a running Chromium.
type browser struct {
	ctx context.Context
	end func()
}

// start runs a Chromium with an empty profile; there is none is a failure, not a reason to skip.
func start(t *testing.T, profile string) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(patience))
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &browser{ctx: ctx, end: func() { end(); stop() }}
}

// looker opens pages in a browser, and in a new one when that hangs.
type looker struct {
	*browser
	all *testing.T // outlives each look
}

func newLooker(t *testing.T) *looker {
	t.Helper()
	l := &looker{browser: start(t, t.TempDir()), all: t}
	t.Cleanup(func() { l.end() })
	return l
}

// hang is that the browser did not answer in time, or drew no frame. That says nothing of the page.
type hang struct {
	doing string
	err   error
}

// look opens a file, and checks it. A hang before anything failed is worth a second try, in a new browser; a page that
// fails a check is not tried again.
func (lk *looker) look(t *testing.T, file string, l look, check func(*tab)) {
	t.Helper()
	h := lk.try(t, file, l, check)
	if h != nil && !t.Failed() {
		t.Logf("the browser hangs at %s: %v; once more in a new browser", h.doing, h.err)
		lk.end()
		lk.browser = start(t, lk.all.TempDir())
		h = lk.try(t, file, l, check)
	}
	if h != nil {
		t.Fatalf("the browser hangs at %s: %v", h.doing, h.err)
	}
}

// try gives how the browser hung, or nil.
func (lk *looker) try(t *testing.T, file string, l look, check func(*tab)) (h *hang) {
	t.Helper()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *hang:
			h = r
		default:
			panic(r)
		}
	}()
	tab := &tab{T: t}
	ctx, end := chromedp.NewContext(lk.ctx, chromedp.WithListener(tab.listen))
	defer end()
	tab.ctx, tab.end = ctx, end
	tab.open(file, l)
	check(tab)
	return nil
}

// look is how a page is opened.
type look struct {
	name          string
	dark, phone   bool
	print, script bool   // print: for paper; script: scripts run
	all           bool   // for every page
	long          bool   // not with -short
	short         string // the rules of axe-core with -short; without it all are checked
}

// rules are those of axe-core to check the page by.
func (l look) rules() string {
	if testing.Short() {
		return l.short
	}
	return allRules
}

// tab is a page in a tab, and what it did that it should not.
type tab struct {
	*testing.T
	ctx context.Context
	end func()

	mutex    sync.Mutex
	requests []string
	faults   []string
}

// open shows a file as the look asks, and waits until it stands still.
func (t *tab) open(file string, l look) {
	t.Helper()
	// The tab lives as long as the context that starts it: that one has no deadline, and is ended by hand.
	late := time.AfterFunc(patience, t.end)
	t.check("a new tab", chromedp.Do(t.ctx))
	late.Stop()
	metrics := emulation.SetDeviceMetricsOverrideParams{Width: 1200, Height: 900, DeviceScaleFactor: 1}
	if l.phone {
		metrics = emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1, Mobile: true}
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}}
	if l.dark {
		media.Features[0].Value = "dark"
	}
	if l.print {
		media.Media = "print"
	}
	t.run("opening "+file,
		command(page.BringToFront, cdp.Empty{}),
		command(network.Enable, network.EnableParams{}),
		command(log.Enable, cdp.Empty{}),
		command(emulation.SetDeviceMetricsOverride, metrics),
		command(emulation.SetEmulatedMedia, media),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script}),
		chromedp.Navigate(address(file)))
	if l.script {
		t.settle()
	}
}

// address is that of a file, or of what a server shows.
func address(file string) string {
	if strings.HasPrefix(file, "http://") {
		return file
	}
	return "file://" + file
}

// noFrame is what frame says when there is none.
const noFrame = "the browser draws no frame"

// frame is a script's function that waits until the next frame is drawn, but not for ever.
const frame = `const frame = () => new Promise((done, fail) => {
		const late = setTimeout(() => fail(new Error("` + noFrame + `; the page is " + document.visibilityState)), 30000);
		requestAnimationFrame(() => { clearTimeout(late); setTimeout(done, 0); });
	});`

// settle waits until the page's observers have been told of the first layout: they are in the frame after it.
func (t *tab) settle() {
	t.Helper()
	eval[bool](t, `(async () => { `+frame+` await frame(); await frame(); return true; })()`)
}

// command is a command of the browser's protocol as an action.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// reply is what a command of the browser's protocol answers, as an action.
func reply[P, R any](c cdp.Command[P, R], params P) chromedp.Action[R] {
	return func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) }
}

func (t *tab) listen(event any) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		t.requests = append(t.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		t.faults = append(t.faults, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		t.faults = append(t.faults, fmt.Sprintf("console.%s", e.Type))
	case *log.EventEntryAdded:
		t.faults = append(t.faults, "log: "+e.Entry.Text)
	}
}

// quiet checks that nothing but the file was asked for, and that the console is empty.
func (t *tab) quiet(file string) {
	t.Helper()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	own := 0
	for _, url := range t.requests {
		if url == "file://"+file {
			own++
		} else if !strings.HasPrefix(url, "data:") {
			t.Errorf("the page asks for %s", url)
		}
	}
	if own != 1 {
		t.Errorf("the page itself was asked for %d times: the test does not see requests", own)
	}
	for _, fault := range t.faults {
		t.Error(fault)
	}
}

// check ends the test at an error, and the try at a hang.
func (t *tab) check(doing string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), strings.Contains(err.Error(), noFrame):
		panic(&hang{doing, err})
	default:
		t.Fatalf("%s: %v", doing, err)
	}
}

// run does what the words say.
func (t *tab) run(doing string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	t.check(doing, chromedp.Do(ctx, actions...))
}

// press presses keys.
func (t *tab) press(keys string) {
	t.Helper()
	t.run(fmt.Sprintf("key %q", keys), chromedp.KeyEvent(keys))
}

// ask gives what an action does.
func ask[T any](t *tab, doing string, action chromedp.Action[T]) T {
	t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	value, err := chromedp.Run(ctx, action)
	t.check(doing, err)
	return value
}

// eval evaluates an expression, waiting for a promise.
func eval[T any](t *tab, expression string) T {
	t.Helper()
	doing := strings.Replace(expression, frame, "", 1)
	doing = strings.Join(strings.Fields(doing[:min(len(doing), 300)]), " ")
	return ask(t, doing, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// slice is how much of a page one picture has, in pixels.
const slice = 1500

// shoot keeps pictures of the page, from top to bottom, for people to look at.
func (t *tab) shoot(name string) {
	t.Helper()
	width := eval[float64](t, `document.documentElement.clientWidth`)
	height := eval[float64](t, `document.documentElement.scrollHeight`)
	whole := true
	for i, top := 0, 0.0; top < height; i, top = i+1, top+slice {
		clip := &page.Viewport{Y: top, Width: width, Height: min(slice, height-top), Scale: 1}
		file := fmt.Sprintf("%s-%02d.png", name, i)
		picture := ask(t, file, reply(page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: clip, CaptureBeyondViewport: &whole}))
		keep(t.T, file, picture.Data)
	}
}

func keep(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("out", name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// axe gives the accessibility checker from the npm package that `make page-check` fetches.
func axe(t *testing.T) string {
	t.Helper()
	const name, digest = "axe-core-4.14.1.tgz", "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"
	packed, err := os.ReadFile(filepath.Join("out", name))
	if err != nil {
		t.Fatalf("%v; make page-check fetches it", err)
	}
	if sum := sha256.Sum256(packed); hex.EncodeToString(sum[:]) != digest {
		t.Fatalf("%s is another package: %x", name, sum)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(unpacked)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("no axe.min.js in %s", name)
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Name == "package/axe.min.js" {
			text, err := io.ReadAll(files)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
}

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

// browser starts a Chromium with an empty profile; there is none is a failure, not a reason to skip.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WSURLReadTimeout(time.Minute))
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return ctx
}

// look is how a page is opened.
type look struct {
	name          string
	dark, phone   bool
	print, script bool // print: for paper; script: scripts run
	all           bool // for every page
}

// tab is a page in a tab, and what it did that it should not.
type tab struct {
	*testing.T
	ctx context.Context

	mutex    sync.Mutex
	requests []string
	faults   []string
}

// open shows a file as the look asks, and waits until it is there.
func open(ctx context.Context, t *testing.T, file string, l look) *tab {
	t.Helper()
	tab := &tab{T: t}
	own, end := chromedp.NewContext(ctx, chromedp.WithListener(tab.listen))
	t.Cleanup(end)
	if err := chromedp.Do(own); err != nil {
		t.Fatal(err)
	}
	limited, stop := context.WithTimeout(own, 2*time.Minute)
	t.Cleanup(stop)
	tab.ctx = limited
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
	tab.run(
		command(network.Enable, network.EnableParams{}),
		command(log.Enable, cdp.Empty{}),
		command(emulation.SetDeviceMetricsOverride, metrics),
		command(emulation.SetEmulatedMedia, media),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script}),
		chromedp.Navigate("file://"+file))
	return tab
}

// command is a command of the browser's protocol as an action.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
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

func (t *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(t.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// eval evaluates an expression, waiting for a promise.
func eval[T any](t *tab, expression string) T {
	t.Helper()
	value, err := chromedp.Run(t.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return value
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
		picture, err := chromedp.Call(t.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: clip, CaptureBeyondViewport: &whole})
		if err != nil {
			t.Fatal(err)
		}
		keep(t.T, fmt.Sprintf("%s-%02d.png", name, i), picture.Data)
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

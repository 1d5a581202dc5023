package words

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNearestFindsSlips(t *testing.T) {
	options := []string{"node_group", "node_groups", "zones", "id", "replicas"}
	for word, want := range map[string]string{
		"nodegroups": "node_groups", "node_grup": "node_group", "ZONES": "zones", "zone": "zones", "znoes": "zones",
		"replica": "replicas", "relpicsa": "", "x": "", "": "", "ib": "", "idd": "id", "shards": "",
	} {
		if got := Nearest(word, options); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// TestEditDistance compares with the textbook's recursion.
func TestEditDistance(t *testing.T) {
	var distance func(a, b string) int
	distance = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		change := distance(a[1:], b[1:])
		if a[0] != b[0] {
			change++
		}
		return min(change, distance(a[1:], b)+1, distance(a, b[1:])+1)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringMatching("[ab]{0,6}").Draw(t, "a")
		b := rapid.StringMatching("[ab]{0,6}").Draw(t, "b")
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		if diff := cmp.Diff(min(limit, distance(a, b)), editDistance(a, b, limit)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLongTextsAreCutBetweenLetters(t *testing.T) {
	long := ""
	for range 40 {
		long += "é" // two bytes: 60 bytes are 30 letters
	}
	for text, want := range map[string]string{"a\"b": `"a\"b"`, long: `"` + long[:60] + `…"`, "x" + long: `"x` + long[:58] + `…"`} {
		if got := Quote(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestLargeNumbersHaveCommas(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1_000_000: "1,000,000", math.MaxInt64: "9,223,372,036,854,775,807"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is written as %s, want %s", n, got, want)
		}
	}
}

func TestGroupLeavesSignAndFraction(t *testing.T) {
	for number, want := range map[string]string{"-12345.6789": "-12,345.6789", "999.5": "999.5", "-0.001": "-0.001", "": ""} {
		if got := Group(number); got != want {
			t.Errorf("%s is written as %s, want %s", number, got, want)
		}
	}
}

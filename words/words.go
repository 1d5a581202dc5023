// Package words helps messages to say what is wrong and what is allowed: the option that was probably meant, the options
// there are, what the user wrote, and large numbers.
package words

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Nearest gives the option that differs least from word, upper and lower case apart, or "" where none is a likely slip:
// at most two letters added, dropped or changed, and fewer than half of them.
func Nearest(word string, options []string) string {
	best, bestDistance := "", min(2, (len(word)-1)/2)+1
	for _, option := range options {
		if d := editDistance(strings.ToLower(word), strings.ToLower(option), bestDistance); d < bestDistance {
			best, bestDistance = option, d
		}
	}
	return best
}

// editDistance counts the letters to add, drop or change; limit stands for any count from limit on.
func editDistance(a, b string, limit int) int {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if max(len(a)-len(b), len(b)-len(a)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return min(limit, row[len(b)])
}

// List writes options for a message: the first two dozen, and how many more there are.
func List(options []string) string {
	const most = 24
	if len(options) <= most {
		return strings.Join(options, ", ")
	}
	return strings.Join(options[:most], ", ") + " and " + strconv.Itoa(len(options)-most) + " more"
}

// Quote writes what a user wrote: in quotes, and cut where it is too long to be read.
func Quote(text string) string {
	const most = 60
	if len(text) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return strconv.Quote(text)
}

// Grouped writes a number with commas: 12,345.
func Grouped(n int64) string { return Group(strconv.FormatInt(n, 10)) }

// Group puts commas into the decimal digits of a number, before its point: -12,345.678.
func Group(number string) string {
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign, number = "-", number[1:]
	}
	whole, rest, found := strings.Cut(number, ".")
	if found {
		rest = "." + rest
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + rest
}

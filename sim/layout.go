package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"failsim/words"
)

// Slots is the number of hash slots that the node groups of a replication group share.
const Slots = 16384

// SlotRange is a run of hash slots, both ends included.
type SlotRange struct{ First, Last uint16 }

// String writes the range as the API does, such as 0-5461.
func (r SlotRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// FormatSlots writes ranges as the API does, such as 0-99,200-299.
func FormatSlots(ranges []SlotRange) string {
	texts := make([]string, len(ranges))
	for i, r := range ranges {
		texts[i] = r.String()
	}
	return strings.Join(texts, ",")
}

// ParseSlots reads what FormatSlots writes, and single slots such as 7 besides. The ranges come in ascending order, with
// those that touch joined, so that equal sets of slots are equal values.
func ParseSlots(text string) ([]SlotRange, error) {
	var ranges []SlotRange
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, okFrom := parseSlot(first)
		to, okTo := parseSlot(last)
		if !okFrom || !okTo || from > to {
			return nil, fmt.Errorf("%s is no range of slots; write a list such as 0-99,200-299 of slots from 0 to %d",
				words.Quote(part), Slots-1)
		}
		ranges = append(ranges, SlotRange{from, to})
	}
	sortSlots(ranges)
	joined := ranges[:1]
	for _, r := range ranges[1:] {
		last := &joined[len(joined)-1]
		switch {
		case r.First <= last.Last:
			return nil, fmt.Errorf("slot %d is named twice", r.First)
		case r.First == last.Last+1:
			last.Last = r.Last
		default:
			joined = append(joined, r)
		}
	}
	return joined, nil
}

func parseSlot(text string) (uint16, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	return uint16(n), err == nil && n < Slots
}

func sortSlots(ranges []SlotRange) {
	slices.SortFunc(ranges, func(a, b SlotRange) int { return cmp.Compare(a.First, b.First) })
}

// evenSlots splits the slots over n node groups as ElastiCache does: the first ones take one more where n does not divide.
func evenSlots(n int) []SlotRange {
	ranges := make([]SlotRange, n)
	next := 0
	for i := range ranges {
		size := Slots / n
		if i < Slots%n {
			size++
		}
		ranges[i] = SlotRange{uint16(next), uint16(next + size - 1)}
		next += size
	}
	return ranges
}

// uncovered gives the slots that no range of an ascending list without overlaps holds.
func uncovered(ranges []SlotRange) (gaps []SlotRange) {
	next := 0
	for _, r := range ranges {
		if int(r.First) > next {
			gaps = append(gaps, SlotRange{uint16(next), r.First - 1})
		}
		next = int(r.Last) + 1
	}
	if next < Slots {
		gaps = append(gaps, SlotRange{uint16(next), Slots - 1})
	}
	return gaps
}

// nodeName is ElastiCache's name for the node of that index: rg-001, or rg-0001-001 with cluster mode enabled.
func nodeName(group string, mode ClusterMode, nodeGroup string, index int) string {
	if mode == ClusterEnabled {
		return fmt.Sprintf("%s-%s-%03d", group, nodeGroup, index+1)
	}
	return fmt.Sprintf("%s-%03d", group, index+1)
}

func nodeGroupID(index int) string { return fmt.Sprintf("%04d", index+1) }

// placement spreads the nodes of one node group over zones.
type placement struct {
	zones []string // the group's; never empty
	shard int      // index of the node group: its primary's turn in zones
	// primaryZone and replicaZones are what was given by hand; "" and nil where placement decides.
	primaryZone  string
	replicaZones []string
}

// primary gives the zone of the primary: its turn, unless a replica that was placed by hand stands there and another
// zone has none.
func (p *placement) primary() string {
	if p.primaryZone != "" {
		return p.primaryZone
	}
	for i := range p.zones {
		if zone := p.zones[(p.shard+i)%len(p.zones)]; !slices.Contains(p.replicaZones, zone) {
			return zone
		}
	}
	return p.zones[p.shard%len(p.zones)]
}

// replicas gives the zones of n replicas: round robin over the zones after the primary's, which is left out while there
// is another.
func (p *placement) replicas(n int) []string {
	if p.replicaZones != nil {
		return p.replicaZones
	}
	primary := p.primary()
	start := p.shard % len(p.zones)
	if i := slices.Index(p.zones, primary); i >= 0 {
		start = i + 1
	}
	var others []string
	for i := range p.zones {
		if zone := p.zones[(start+i)%len(p.zones)]; zone != primary {
			others = append(others, zone)
		}
	}
	if len(others) == 0 {
		others = []string{primary}
	}
	zones := make([]string, n)
	for i := range zones {
		zones[i] = others[i%len(others)]
	}
	return zones
}

// CheckIDs tells which rule the ids of a call break in themselves: InvalidGroupID, InvalidNodeGroupID or NoViolation.
func CheckIDs(group, nodeGroup string) Violation {
	switch {
	case !validGroupID(group):
		return InvalidGroupID
	case !validNodeGroupID(nodeGroup):
		return InvalidNodeGroupID
	}
	return NoViolation
}

// validGroupID holds a replication group's id to the API's rule; upper case is the caller's business.
func validGroupID(id string) bool { return validID(id, 40) }

// validNodeID holds a node's id to the API's rule for cache clusters, which leaves room for the suffix of the node.
func validNodeID(id string) bool { return validID(id, 50) }

// validID: letters, digits and hyphens, first a letter, no hyphen at the end and no two in a row.
func validID(id string, most int) bool {
	if id == "" || len(id) > most || !isLetter(id[0]) || strings.HasSuffix(id, "-") || strings.Contains(id, "--") {
		return false
	}
	for i := range len(id) {
		if c := id[i]; !isLetter(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// validNodeGroupID is the API's pattern \d+ of one to four characters.
func validNodeGroupID(id string) bool { return len(id) <= 4 && allDigits(id) }

func allDigits(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			return false
		}
	}
	return text != ""
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

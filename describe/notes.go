package describe

import (
	"fmt"
	"strings"
)

// notes collects sentences in the order in which they first come up; sentences about several groups are said once.
type notes struct {
	order  []string
	groups map[string][]string
}

// add notes a sentence.
func (n *notes) add(format string, args ...any) {
	n.about("", fmt.Sprintf(format, args...))
}

// about notes that a sentence holds for a group, too: the groups' names are put before it. It is
// said once of each group.
func (n *notes) about(id, sentence string) {
	if n.groups == nil {
		n.groups = map[string][]string{}
	}
	ids, known := n.groups[sentence]
	if !known {
		n.order = append(n.order, sentence)
	}
	if id != "" {
		ids = append(ids, id)
	}
	n.groups[sentence] = ids
}

func (n *notes) sentences() []string {
	var all []string
	for _, sentence := range n.order {
		if ids := n.groups[sentence]; len(ids) > 0 {
			sentence = listing(ids) + ": " + sentence
		}
		all = append(all, sentence)
	}
	return all
}

// listing names four at most: an account may hold hundreds.
func listing(ids []string) string {
	const most = 4
	if len(ids) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}

// count says "1 node", "2 nodes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// are says "1 node is", "2 nodes are".
func are(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

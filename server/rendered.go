package server

import (
	"bytes"
	"encoding/xml"
	"fmt"

	"failsim/sim"
)

// rendered is the content of an element that has been written already.
type rendered struct {
	Content []byte `xml:",innerxml"`
}

// render writes the content of the element that a group becomes.
func render(group replicationGroup) rendered {
	const open, end = "<_>", "</_>"
	var text bytes.Buffer
	if err := xml.NewEncoder(&text).EncodeElement(group, xml.StartElement{Name: xml.Name{Local: "_"}}); err != nil {
		panic(fmt.Sprintf("server: a replication group has no XML form: %v", err))
	}
	return rendered{text.Bytes()[len(open) : text.Len()-len(end)]}
}

// groupView is a group's description, and the version of the World that it tells of.
type groupView struct {
	rendered
	version uint64
}

// groupContent is what describeGroup says, written once for each version of the fleet's World: most polls find what the last one found. It
// is called where the Fleet shows that World, or one that stays behind.
func (s *Server) groupContent(w *sim.World, group int) rendered {
	if w != s.fleet.world {
		return render(describeGroup(s.cfg, w, group))
	}
	view := &s.groupViews[group]
	if view.version != s.fleet.version {
		*view = groupView{render(describeGroup(s.cfg, w, group)), s.fleet.version}
	}
	return view.rendered
}

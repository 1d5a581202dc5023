package sim

// cutPower settles which groups the loss of a zone's power strikes: those that are Multi-AZ at that instant, and have power in all
// other zones.
func (w *World) cutPower(i *incident) {
	for _, node := range w.top.faults[i.fault].nodes {
		if g := &w.groups[w.nodeGroups[w.nodes[node].nodeGroup].group]; g.multiAZ && g.unpowered < 0 {
			g.unpowered = i.fault
		}
	}
}

func (w *World) restorePower(i *incident) {
	for g := range w.groups {
		if w.groups[g].unpowered == i.fault {
			w.groups[g].unpowered = -1
		}
	}
}

// powerless are the nodes that the loss of power strikes.
func (w *World) powerless(i *incident) []int32 {
	w.powered = w.powered[:0]
	for _, node := range w.top.faults[i.fault].nodes {
		if w.groups[w.nodeGroups[w.nodes[node].nodeGroup].group].unpowered == i.fault {
			w.powered = append(w.powered, node)
		}
	}
	return w.powered
}

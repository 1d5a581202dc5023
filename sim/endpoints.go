package sim

import "strings"

// customerToken stands for the six characters that the service puts into a customer's endpoint names.
const customerToken = "xxxxxx"

// PrimaryEndpoint is the name that leads to the group's primary; "" with cluster mode enabled. The forms are those of the
// documentation's samples.
func (g *GroupConfig) PrimaryEndpoint(region string) string {
	switch {
	case g.Mode == ClusterEnabled:
		return ""
	case g.TLS:
		return "master." + g.ID + "." + customerToken + "." + regionCode(region) + ".cache.amazonaws.com"
	default:
		return g.ID + "." + customerToken + ".ng.0001." + regionCode(region) + ".cache.amazonaws.com"
	}
}

// ReaderEndpoint is the name that leads to the replicas in turn; "" with cluster mode enabled. Its form with TLS is
// inferred.
func (g *GroupConfig) ReaderEndpoint(region string) string {
	switch {
	case g.Mode == ClusterEnabled:
		return ""
	case g.TLS:
		return "replica." + g.ID + "." + customerToken + "." + regionCode(region) + ".cache.amazonaws.com"
	default:
		return g.ID + "-ro." + customerToken + ".ng.0001." + regionCode(region) + ".cache.amazonaws.com"
	}
}

// ConfigurationEndpoint is the name that leads to the nodes of a group with cluster mode enabled; "" without.
func (g *GroupConfig) ConfigurationEndpoint(region string) string {
	switch {
	case g.Mode != ClusterEnabled:
		return ""
	case g.TLS:
		return "clustercfg." + g.ID + "." + customerToken + "." + regionCode(region) + ".cache.amazonaws.com"
	default:
		return g.ID + "." + customerToken + ".clustercfg." + regionCode(region) + ".cache.amazonaws.com"
	}
}

// NodeEndpoint is the name that leads to one of the group's nodes. Its form with TLS is inferred.
func (g *GroupConfig) NodeEndpoint(region, nodeID string) string {
	if g.TLS {
		return nodeID + "." + g.ID + "." + customerToken + "." + regionCode(region) + ".cache.amazonaws.com"
	}
	return nodeID + "." + customerToken + ".0001." + regionCode(region) + ".cache.amazonaws.com"
}

// regionCode shortens a Region as endpoint names do: us-east-1 is use1, ap-southeast-2 is apse2.
func regionCode(region string) string {
	parts := strings.Split(region, "-")
	code := parts[0]
	for _, part := range parts[1:] {
		for _, word := range []string{"north", "south", "east", "west", "central", "gov"} {
			if rest, ok := strings.CutPrefix(part, word); ok {
				code += word[:1]
				part = rest
			}
		}
		if part != "" {
			code += part[:1]
		}
	}
	return code
}

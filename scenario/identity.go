package scenario

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"failsim/measure"
	"failsim/sim"
)

// identity hashes what a scenario means. It serializes the whole Config, so that whatever is added to it counts; only the
// delays, which may be long and are shared by many groups, go in by their canonical texts, one for each group.
func identity(cfg sim.Config, delayTexts []string, thresholds []measure.Threshold) string {
	cfg.Groups = slices.Clone(cfg.Groups)
	for i := range cfg.Groups {
		cfg.Groups[i].Delays = sim.Delays{}
	}
	cfg.Faults = forgetPowered(&cfg)
	text := serialized(struct {
		Config     sim.Config
		Delays     []string
		Thresholds []measure.Threshold `json:",omitempty"`
	}{cfg, delayTexts, thresholds})
	if !slices.ContainsFunc(cfg.Calls, func(c sim.CallConfig) bool { return c.Action != sim.ActionTestFailover }) {
		text = forgetLabels(text, cfg.Refusals)
	}
	return "sha256:" + digest(text)
}

// forgetLabels leaves out the labels that answer calls of other actions than TestFailover: without such calls they mean nothing.
func forgetLabels(text []byte, labels sim.Refusals) []byte {
	return bytes.Replace(text, serialized(labels), serialized(labels[:sim.QuotaSpent+1]), 1)
}

// forgetPowered gives the faults without the groups that no loss of power can strike, because they never are Multi-AZ.
func forgetPowered(cfg *sim.Config) []sim.FaultConfig {
	faults, multiAZ := slices.Clone(cfg.Faults), everMultiAZ(cfg)
	for i := range faults {
		if target := &faults[i].Target; faults[i].Kind == sim.FaultZonePower {
			target.Groups = slices.DeleteFunc(slices.Clone(target.Groups), func(g int) bool { return g < len(multiAZ) && !multiAZ[g] })
		}
	}
	return faults
}

// serialized is all that a Config says, or a part of it.
func serialized(part any) []byte {
	text, err := json.Marshal(part)
	if err != nil {
		panic("scenario: a Config cannot be serialized: " + err.Error())
	}
	return text
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

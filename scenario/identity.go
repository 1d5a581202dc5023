package scenario

import (
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
	text, err := json.Marshal(struct {
		Config     sim.Config
		Delays     []string
		Thresholds []measure.Threshold `json:",omitempty"`
	}{cfg, delayTexts, thresholds})
	if err != nil {
		panic("scenario: a Config cannot be serialized: " + err.Error())
	}
	return "sha256:" + digest(text)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

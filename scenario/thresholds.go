package scenario

import (
	"math"

	"failsim/dist"
	"failsim/measure"
	"failsim/words"
)

// readThresholds reads limits on figures. Whether the scenario has such a figure is judged only where the groups and
// campaigns, which decide it, are free of mistakes.
func (r *reader) readThresholds(tables []*table) (thresholds []measure.Threshold) {
	if len(tables) > mostThresholds {
		r.doc.mistake("threshold", "%d thresholds; want %d at most", len(tables), mostThresholds)
		return nil
	}
	sound := len(r.doc.mistakes) == 0
	for _, t := range tables {
		before := len(r.doc.mistakes)
		limit := measure.Threshold{Figure: readFigure(t)}
		if len(r.doc.mistakes) == before && sound {
			r.checkFigure(t, limit.Figure)
		}
		limit.AtMost = t.limit("at_most", limit.Figure)
		limit.AtLeast = t.limit("at_least", limit.Figure)
		t.close()
		switch most, least := t.has("at_most"), t.has("at_least"); {
		case most && least:
			t.wrong("at_least", "beside at_most; want one of the two, and a threshold for each")
		case !most && !least:
			t.wrong("at_most", "missing; want at_most or at_least")
		}
		thresholds = append(thresholds, limit)
	}
	return thresholds
}

func readFigure(t *table) measure.Figure {
	f := measure.Figure{}
	if t.need("metric", `a metric such as "write_outage"`) {
		f.Metric = t.text("metric", "")
	}
	if t.need("statistic", "mean, p50, p90, p95, p99, p999, min, max or probability(> x)") {
		f.Statistic = t.text("statistic", "")
	}
	f.Observer = t.text("observer", "")
	for _, way := range []string{"group", "cause", "campaign"} {
		switch {
		case !t.has(way):
		case f.By != "":
			t.wrong(way, "beside %s; want one of group, cause and campaign", f.By)
		default:
			f.By, f.Member = way, t.text(way, "")
		}
	}
	return f.Canonical()
}

// checkFigure reports a figure that the scenario cannot have.
func (r *reader) checkFigure(t *table, f measure.Figure) {
	field, err := measure.Check(&r.cfg, f)
	if err == nil {
		return
	}
	key := map[string]string{"Metric": "metric", "Observer": "observer", "Statistic": "statistic"}[field]
	if key == "" {
		key = f.By
	}
	t.wrong(key, "%v", err)
}

// limit reads a limit in the unit of its figure, nil where it is absent or wrong.
func (t *table) limit(name string, f measure.Figure) *float64 {
	v := t.get(name)
	if v == nil {
		return nil
	}
	unit, known := f.Unit()
	if !known {
		return nil // the metric is at fault
	}
	var limit float64
	switch v := v.(type) {
	case string:
		d, err := dist.ParseDuration(v)
		switch {
		case unit != "s":
			t.want(name, "a number, such as 0.01")
			return nil
		case err != nil:
			t.wrong(name, "%v", err)
			return nil
		case d < 0:
			t.wrong(name, "%s; want a duration of 0 or more", words.Quote(v))
			return nil
		}
		return new(d.Seconds())
	case int64:
		limit = float64(v)
	case float64:
		limit = v
	default:
		limit = math.NaN()
	}
	switch {
	case unit == "s":
		t.want(name, `a duration such as "40s"`)
	case limit < 0 || math.IsNaN(limit) || math.IsInf(limit, 0):
		t.want(name, "a number of 0 or more, such as 0.01")
	case unit == "ratio" && limit > 1:
		t.wrong(name, "%v; want a share from 0 to 1", limit)
	default:
		return &limit
	}
	return nil
}
